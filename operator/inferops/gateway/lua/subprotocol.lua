-- Browsers can give a websocket no header, so OpenAI's client names its key as a subprotocol. Here it becomes x-api-key,
-- and the engine hears of the other subprotocols only. A browser that offered some wants one of them back: an engine that
-- knows none would lose it.
local NAME = "sec-websocket-protocol"
local NO_WEBSOCKET = "A websocket begins with a GET request without a body."
local KEY = "^openai%-insecure%-api%-key%.(%S+)$"

local function split(offered)
  local kept, keys = {}, {}
  for name in string.gmatch(offered, "[^,%s]+") do
    local key = string.match(name, KEY)
    table.insert(key and keys or kept, key or name)
  end
  return kept, keys
end

-- Else a body would pass that nobody has measured.
local function is_websocket(headers)
  local length = headers:get("content-length")
  return headers:get(":method") == "GET" and (length == nil or length == "0") and headers:get("transfer-encoding") == nil
end

function envoy_on_request(handle)
  local headers = handle:headers()
  if not is_websocket(headers) then
    handle:respond({ [":status"] = "400" }, NO_WEBSOCKET)
    return
  end
  local offered = headers:get(NAME)
  if offered == nil or string.find(offered, "openai-insecure-api-key.", 1, true) == nil then return end
  local kept, keys = split(offered)
  if #kept > 0 then
    headers:replace(NAME, table.concat(kept, ", "))
    handle:streamInfo():dynamicMetadata():set("inferops", "subprotocol", kept[1])
  else
    headers:remove(NAME)
  end
  if headers:get("x-api-key") == nil and headers:get("authorization") == nil then
    headers:replace("x-api-key", table.concat(keys, " ")) -- two of them are no key
  end
end

function envoy_on_response(handle)
  local headers = handle:headers()
  if headers:get(":status") ~= "101" or headers:get(NAME) ~= nil then return end
  local found = handle:streamInfo():dynamicMetadata():get("inferops")
  if found ~= nil and found["subprotocol"] ~= nil then headers:replace(NAME, found["subprotocol"]) end
end
