-- The caller's key, from x-api-key or Authorization: Bearer, becomes x-key-hash; the key itself goes no further.
-- Needs sha256.lua, fingerprint.lua.
local LONGEST_KEY = 512
local CACHED_KEYS = 4096
local hashes, checks, cached = {}, {}, 0 -- of this worker thread, by fingerprint: hashing costs most, and no key is kept

local function hash(key)
  local index, check = fingerprint(key)
  if checks[index] == check then return hashes[index] end
  if cached == CACHED_KEYS then
    hashes, checks, cached = {}, {}, 0
  end
  hashes[index], checks[index], cached = sha256(key), check, cached + 1
  return hashes[index]
end

local function read_key(headers)
  local key = headers:get("x-api-key")
  if key ~= nil and key ~= "" then return key end
  local authorization = headers:get("authorization")
  if authorization == nil then return nil end
  return string.match(authorization, "^[Bb][Ee][Aa][Rr][Ee][Rr] +(%S+) *$") -- the scheme has no case (RFC 9110)
end

local function hash_key(headers)
  local key = read_key(headers)
  headers:remove("x-api-key")
  headers:remove("authorization")
  if key ~= nil then
    headers:replace("x-key-hash", #key <= LONGEST_KEY and hash(key) or "invalid")
  end
end
