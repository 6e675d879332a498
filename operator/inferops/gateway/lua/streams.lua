-- Ends running event streams whose key is revoked, at the end of an event. The stream learns why, and sends no more; a
-- client that reads its last event closes the connection, and with that the engine's work ends. Needs ask.lua.
local SECOND, FORGET = 1000, 10000 -- ms
local LAST = 'data: {"error":{"message":"This API key has been revoked.","type":"invalid_request_error",'
  .. '"param":null,"code":"invalid_api_key"}}\n\ndata: [DONE]\n\n'

local open = {} -- of this worker: hash of a key -> when a stream with it last sent something
local revoked = {}
local looked = 0

-- Which of the keys open nothing any more. Control that is away leaves all as it is.
local function look(handle, now)
  looked = now
  local hashes = {}
  for hash, sent in pairs(open) do
    if now - sent > FORGET then
      open[hash] = nil
    else
      hashes[#hashes + 1] = hash
    end
  end
  local answer = ask(handle, "/inferops.Keys/Revoked", table.concat(hashes, " "))
  if answer == nil then return end
  revoked = {}
  for hash in string.gmatch(answer, "%x+") do
    revoked[hash] = true
  end
end

local function ends_an_event(chunk)
  local size = chunk:length()
  local tail = chunk:getBytes(math.max(size - 3, 0), math.min(size, 3))
  return string.sub(tail, -2) == "\n\n" or tail == "\n\r\n"
end

function envoy_on_request(handle)
  local headers = handle:headers()
  if headers:get("x-client-id") == nil then return end
  handle:streamInfo():dynamicMetadata():set("inferops.streams", "key", headers:get("x-key-hash"))
end

function envoy_on_response(handle)
  local request = handle:streamInfo():dynamicMetadata():get("inferops.streams")
  if request == nil then return end
  if not string.find(handle:headers():get("content-type") or "", "text/event-stream", 1, true) then return end
  local whole, ended = true, false
  for chunk in handle:bodyChunks() do
    local now = tonumber(handle:timestamp())
    open[request.key] = now
    if ended then
      chunk:setBytes("")
    elseif whole and revoked[request.key] then
      chunk:setBytes(LAST)
      ended = true
    else
      whole = ends_an_event(chunk)
    end
    if now - looked >= SECOND then look(handle, now) end -- last: a chunk is gone after a call
  end
end
