-- The caller's key, from x-api-key or Authorization: Bearer, becomes x-key-hash; the key itself goes no further.
-- Needs sha256.lua.
local LONGEST_KEY = 512
local CACHED_KEYS = 4096
local hashes, cached = {}, 0 -- of this worker thread: hashing is most of this script's cost

local function hash(key)
  local known = hashes[key]
  if known == nil then
    if cached == CACHED_KEYS then
      hashes, cached = {}, 0
    end
    known = sha256(key)
    hashes[key], cached = known, cached + 1
  end
  return known
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
