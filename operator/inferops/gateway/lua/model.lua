-- Shared host, after a valid key: the model in the body and the namespace of the key decide where the request goes.
local EDGE = 65536 -- a multipart form names its model near its beginning or its end, around the file
local MISSING = "You must provide a model parameter: this host serves several models."

-- As inferops.gateway.virtual_hosts.model_domain spells it.
local function spell(model)
  return (string.gsub(model, "[^%w._~/:@+-]", function(char)
    return string.format("%%%02X", string.byte(char))
  end))
end

-- The value of form field "model" (RFC 7578): after the headers of its part.
local function field_of(form)
  local _, at = string.find(form, 'name="?model"?[^\r\n]*\r\n')
  while at ~= nil do
    local line, after = string.match(form, "^([^\r\n]*)\r\n()", at + 1)
    if line == "" then return string.match(form, "^[^\r\n]+", after) end
    at = after and after - 1
  end
end

local function model_of_form(handle)
  local body = handle:body()
  if body == nil then return nil end
  local size = body:length()
  local model = field_of(body:getBytes(0, math.min(size, EDGE)))
  if model == nil and size > EDGE then
    model = field_of(body:getBytes(size - EDGE, EDGE))
  end
  return model
end

-- A websocket has no body: /v1/realtime?model=...
local function model_of_query(path)
  local model = string.match(path, "[?&]model=([^&#]+)")
  return model and string.gsub(string.gsub(model, "%+", " "), "%%(%x%x)", function(code)
    return string.char(tonumber(code, 16))
  end)
end

local function model_of(handle)
  local found = handle:streamInfo():dynamicMetadata():get("inferops")
  if found ~= nil and type(found["model"]) == "string" then return found["model"] end
  local headers, model = handle:headers(), nil
  if headers:get(":method") == "GET" then
    model = model_of_query(headers:get(":path"))
  elseif string.find(headers:get("content-type") or "", "multipart/form-data", 1, true) ~= nil then
    model = model_of_form(handle)
  end
  if model ~= nil then handle:streamInfo():dynamicMetadata():set("inferops", "model", model) end
  return model
end

-- Where several instances share the model name by weight, one of them is drawn.
local function share(handle)
  handle:clearRouteCache()
  handle:metadata() -- looks for the route: virtualHost() does not by itself
  local shared = handle:virtualHost():metadata()
  local ids, weights = shared:get("ids"), shared:get("weights")
  if ids == nil then return end
  local total = 0
  for _, weight in ipairs(weights) do total = total + weight end
  local drawn = math.random() * total
  for index, weight in ipairs(weights) do
    drawn = drawn - weight
    if drawn < 0 then
      handle:headers():replace("x-vhost", "i:" .. ids[index])
      return
    end
  end
end

function envoy_on_request(handle)
  local client = handle:headers():get("x-client-id")
  if string.find(handle:headers():get(":path"), "^/v1/models%f[/?%z]") then
    handle:headers():replace("x-vhost", "models")
    return
  end
  local model = model_of(handle)
  local headers = handle:headers() -- anew: reading a body makes older handles invalid
  if model == nil and headers:get(":method") == "POST" then
    handle:respond({ [":status"] = "400" }, MISSING)
    return
  end
  local namespace = string.match(client, "^[^/]*")
  headers:replace("x-vhost", "m:" .. namespace .. "/" .. string.lower(spell(model or "")))
  share(handle)
end
