-- PrefixHash: x-prefix-hash from the prompt up to the end of its first user message. That part is the same in every turn
-- of a conversation, so all its turns reach the replica whose prefix cache knows it.
local bit = require("bit")
local LIMIT = 4096 -- bytes of the prompt that count
local LOOK = LIMIT * 4 -- bytes of the body in which the prompt must begin
local find, byte, sub = string.find, string.byte, string.sub
local QUOTE, BACKSLASH, OPEN_LIST, OPEN_OBJECT = 34, 92, 91, 123

-- Where the string that begins at `at` ends.
local function string_end(text, at)
  repeat
    at = find(text, '["\\]', at + 1)
    if at == nil then return nil end
    local escaped = byte(text, at) == BACKSLASH
    if escaped then at = at + 1 end
  until not escaped
  return at
end

-- `text` is the list of messages: where its first user message ends.
local function first_turn(text)
  local depth, at, message = 0, 1, 1
  while true do
    at = find(text, '["%[%]{}]', at)
    if at == nil then return #text end
    local char = byte(text, at)
    if char == QUOTE then
      at = string_end(text, at)
      if at == nil then return #text end
    elseif char == OPEN_LIST or char == OPEN_OBJECT then
      depth = depth + 1
      if depth == 2 then message = at end
    else
      depth = depth - 1
      if depth == 0 then return at end
      if depth == 1 and find(sub(text, message, at), '"role"%s*:%s*"user"') then return at end
    end
    at = at + 1
  end
end

local function prefix_of(text)
  local _, _, list = find(text, '"messages"%s*:%s*()%[')
  if list then
    local messages = sub(text, list, list + LIMIT - 1)
    return sub(messages, 1, first_turn(messages))
  end
  local _, before = find(text, '"prompt"%s*:%s*')
  if before == nil then
    _, before = find(text, '"input"%s*:%s*')
  end
  return sub(text, (before or 0) + 1, (before or 0) + LIMIT)
end

local function hash(text) -- djb2 with rotation: only spreads, proves nothing
  local state = 5381
  for at = 1, #text do
    state = bit.tobit(bit.bxor(bit.rol(state, 5), byte(text, at)) * 33)
  end
  return bit.tohex(state) .. #text
end

function envoy_on_request(handle)
  local headers = handle:headers()
  if headers:get(":method") ~= "POST" then return end
  if find(headers:get("content-type") or "", "application/json", 1, true) == nil then return end
  local body = handle:body()
  if body == nil then return end
  local prefix = prefix_of(body:getBytes(0, math.min(body:length(), LOOK)))
  handle:headers():replace("x-prefix-hash", hash(prefix)) -- anew: reading a body makes older handles invalid
end
