-- Every request: its key as a hash, and /v2/<id>/openai/v1/... on any host leads to /v1/... of that instance. Needs key.lua.
function envoy_on_request(handle)
  local headers = handle:headers()
  hash_key(headers)
  local authority = headers:get(":authority") or ""
  local id, path = string.match(headers:get(":path"), "^/v2/([%w-]+)/openai(/v1/.*)$")
  if id ~= nil then
    headers:replace("x-vhost", "i:" .. string.lower(id))
    headers:replace(":path", path)
    handle:clearRouteCache()
  elseif string.find(authority, "%u") ~= nil then -- host names have no case, scopes do
    headers:replace("x-vhost", "h:" .. string.lower(authority))
    handle:clearRouteCache()
  end
end
