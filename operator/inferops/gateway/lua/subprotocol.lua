-- Browsers can give a websocket no header, so OpenAI's client names its key as a subprotocol. Here it becomes x-api-key,
-- and the engine hears of the other subprotocols only.
local NAME = "sec-websocket-protocol"
local KEY = "^openai%-insecure%-api%-key%.(%S+)$"

function envoy_on_request(handle)
  local headers = handle:headers()
  local offered = headers:get(NAME)
  if offered == nil or string.find(offered, "openai-insecure-api-key.", 1, true) == nil then return end
  local kept, keys = {}, {}
  for name in string.gmatch(offered, "[^,%s]+") do
    local key = string.match(name, KEY)
    table.insert(key and keys or kept, key or name)
  end
  if #kept > 0 then
    headers:replace(NAME, table.concat(kept, ", "))
  else
    headers:remove(NAME)
  end
  if headers:get("x-api-key") == nil and headers:get("authorization") == nil then
    headers:replace("x-api-key", table.concat(keys, " ")) -- two of them are no key
  end
end
