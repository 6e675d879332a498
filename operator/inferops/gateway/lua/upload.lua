-- Tells of an audio upload whether its file can be audio, by the beginning of the form (RFC 7578): by the name of the
-- file, else by its content type. What may be audio is left to the engine.
jit.off() -- its traces never get past a call of Envoy's, and cost more than they save
local TAKEN = {}
local NAMES = "3gp aac aif aiff amr au caf flac m4a m4b mka mkv mov mp2 mp3 mp4 mpeg mpg mpga oga ogg opus wav wave "
  .. "webm wma"
for name in string.gmatch(NAMES, "%w+") do
  TAKEN[name] = true
end

-- The headers of the part that is called "file".
local function file_part(form)
  for head in string.gmatch(form, "\r?\n?%-%-[^\r\n]*\r\n(.-)\r\n\r\n") do
    if string.find(head, '[; ]name="?file"?%f[;\r\n%z]') then return head end
  end
end

local function unsupported(head)
  local file = string.match(head, 'filename="([^"\r\n]*)"') or string.match(head, "filename%*?=([^;%s]*)") or ""
  local extension = string.match(string.lower(file), "%.(%w+)$")
  if extension ~= nil then return not TAKEN[extension] and "." .. string.sub(extension, 1, 16) end
  local kind = string.match(string.lower(head), "content%-type: *([%w.+-]+/[%w.+-]+)")
  if kind == nil or kind == "application/octet-stream" then return false end
  return not string.find(kind, "^audio/") and not string.find(kind, "^video/") and string.sub(kind, 1, 64)
end

function envoy_on_request(handle)
  if not string.find(handle:headers():get("content-type") or "", "multipart/form-data", 1, true) then return end
  local body = handle:body()
  local head = body and file_part(body:getBytes(0, body:length()))
  local what = head and unsupported(head)
  if what then handle:respond({ [":status"] = "200", ["x-unsupported"] = what, ["x-vhost"] = "refused" }, "") end
end
