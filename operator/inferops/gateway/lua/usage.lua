-- What an answer used, as its engine counts it: metadata inferops.usage, for the access log. It is the text of the usage
-- object; who reads the log takes it apart (inferops.metering.usage). It is looked for in each piece of JSON answers and
-- of streams as it passes, and the last one counts: a stream that breaks off has used what its last piece said. Only
-- small answers are held until they are whole.
local find, match, sub = string.find, string.match, string.sub
local LONGEST = 1024 -- bytes of a usage object
local SMALL = 65536 -- bytes of an answer that comes at once
local BEGINNING = 256 -- bytes of a verbose transcription that have its duration

-- Where the last usage object of the text begins. In texts that the engine quotes, quotes are escaped.
local function last_usage(text)
  local found
  local _, at = find(text, '"usage":', 1, true)
  while at ~= nil do
    found = at + 1
    _, at = find(text, '"usage":', found, true)
  end
  return found
end

local function note(handle, usage)
  handle:streamInfo():dynamicMetadata():set("inferops", "usage", usage)
end

-- Whether the text has a whole usage object.
local function note_last(handle, text)
  local at = last_usage(text)
  local object = at and match(text, "^%s*(%b{})", at)
  if object == nil or #object > LONGEST then return false end
  note(handle, object)
  return true
end

local function note_duration(handle, beginning)
  local seconds = match(beginning, '"duration"%s*:%s*"?(%d+%.?%d*)')
  if seconds ~= nil then note(handle, '{"seconds":' .. seconds .. "}") end
end

-- Of a small answer all at once: cheaper than piece by piece.
local function read_whole(handle)
  local body = handle:body()
  if body == nil then return end
  local text = body:getBytes(0, body:length())
  if not note_last(handle, text) then note_duration(handle, sub(text, 1, BEGINNING)) end
end

local function read_pieces(handle)
  local rest, noted, beginning = "", false, ""
  for chunk in handle:bodyChunks() do
    local text = rest .. chunk:getBytes(0, chunk:length())
    if #beginning < BEGINNING then beginning = sub(text, 1, BEGINNING) end
    noted = note_last(handle, text) or noted
    rest = sub(text, -2) == "\n\n" and "" or sub(text, -LONGEST) -- an event that ends here ends what is in it
  end
  if not noted then note_duration(handle, beginning) end
end

function envoy_on_response(handle)
  local headers = handle:headers()
  local kind = headers:get("content-type") or ""
  if find(kind, "text/event-stream", 1, true) then return read_pieces(handle) end
  if not find(kind, "json", 1, true) then return end
  local length = headers:get("content-length")
  if length ~= nil and tonumber(length) <= SMALL then return read_whole(handle) end
  read_pieces(handle)
end

-- Not compiled: a trace ends at every call that leads out of Lua, before it gains what making it costs.
for _, each in ipairs({ last_usage, note, note_last, read_whole, read_pieces, envoy_on_response }) do
  jit.off(each)
end
