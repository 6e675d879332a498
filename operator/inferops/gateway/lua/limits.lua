-- Requests per minute of a key, held over all gateways: control counts them (control/limits.py). A worker that has many
-- takes several at once, so that a key costs control some ten calls a second for each worker at most. Needs ask.lua.
local MINUTE, SECOND, OFTEN = 60000, 1000, 100 -- ms
local SHARE = 600 -- of a limit: the most that a worker takes at once
local MOST_CLIENTS = 16384
local LARGE = 65536 -- bytes: clients read no answer before they have sent such a body
local REFUSED = "Rate limit reached for requests per minute of this API key: limit %d. Try again in %s."

local time = os.time
local clients, known = {}, 0 -- of this worker
local away = 0 -- when control did not answer: for a second it is not asked again

-- Within the last second; a clock that was set back makes it false.
local function just(time, now)
  return now >= time and now - time < SECOND
end

local function add_client(id, now)
  if known == MOST_CLIENTS then clients, known = {}, 0 end
  -- left: granted and not used; owed: used and not granted, because control was away; alone: how many within a minute
  -- free, shut: when control said that there is no limit, or that nothing is left: it is not asked again for a second
  local client = { left = 0, owed = 0, size = 1, asked = 0, told = now, free = 0, shut = 0, alone = 0, alone_since = 0 }
  clients[id], known = client, known + 1
  return client
end

local function duration(ms) -- as OpenAI writes it: 250ms, 12s, 1m0s
  if ms < SECOND then return string.format("%dms", ms) end
  local seconds = math.ceil(ms / SECOND)
  if seconds < 60 then return seconds .. "s" end
  return string.format("%dm%ds", math.floor(seconds / 60), seconds % 60)
end

-- How many to take: what lasts a tenth of a second or two, by how long the last ones lasted.
local function size_of(client, now)
  local lasted, size = now - client.asked, client.size
  if lasted < OFTEN then
    size = size * 2
  elseif lasted > 2 * OFTEN then
    size = lasted < SECOND and math.floor(size / 2) or 1
  end
  local most = math.floor((client.limit or 0) / SHARE)
  client.asked, client.size = now, math.max(math.min(size, most), 1)
  return client.size
end

-- Ask control; false where it is away.
local function take(handle, id, client, now)
  local used = client.limit and client.limit - client.remaining or 0
  local owed = client.owed
  client.owed = 0 -- told once, not by each that asks before the first answer
  -- while one call is on its way the others take one: growing with each, a burst would take the whole limit
  local alone = not (client.waiting and now - client.asked < ANSWER_WITHIN)
  local size = alone and size_of(client, now) or 1
  client.waiting = true
  local message = string.format("%s %d %d %d %d", id, size, owed, used, now - client.told)
  local answer, told = ask(handle, "/inferops.Limits/Take", message)
  if alone then client.waiting = false end
  local granted, limit, remaining, reset, retry = string.match(answer or "", "^(%d+) (%d+) (%d+) (%d+) (%d+)$")
  if granted == nil then
    if not told then client.owed = client.owed + owed end
    away = now
    return false
  end
  client.told, client.alone = now, 0
  if limit == "0" then
    client.limit, client.free, client.left = nil, now, 0
    return true
  end
  client.limit, client.remaining = tonumber(limit), tonumber(remaining)
  client.reset, client.retry = now + tonumber(reset), now + tonumber(retry)
  client.left, client.second = client.left + tonumber(granted), nil
  if granted == "0" then client.shut = now end
  return true
end

-- Control is away: this worker holds the limit by itself, as far as it knows it: in the first minute what was left.
local function admit_alone(client, now)
  if client.limit == nil then
    client.owed = client.owed + 1
    return true
  end
  local since, allowed = client.told, client.remaining
  if now - client.told >= MINUTE then
    if now - client.alone_since >= MINUTE then client.alone_since, client.alone = now, 0 end
    since, allowed = client.alone_since, client.limit
  end
  if client.alone < allowed then
    client.alone, client.owed = client.alone + 1, client.owed + 1
    return true
  end
  client.retry = since + MINUTE
  return false
end

-- Whether it may pass, and whether control was asked.
local function admit(handle, id, client, now)
  if just(client.free, now) then return true, false end
  if just(client.shut, now) then return false, false end
  local asked = client.left == 0 and not just(away, now)
  local told = asked and take(handle, id, client, now)
  if told and client.limit == nil then return true, true end
  if client.left > 0 then
    client.left = client.left - 1
    return true, asked
  end
  return not told and admit_alone(client, now), asked
end

-- What is left of the limit, and when it is whole again: on the request, from where the virtual host copies it to
-- whatever the answer is. Times by the second, and their text as long as it is the same: it is on every request.
local function tell(headers, client)
  local second = time()
  if client.second ~= second then
    client.second, client.reset_text = second, duration(math.max(client.reset - (second + 1) * SECOND, 0))
  end
  local remaining = client.remaining + client.left - client.owed
  headers:replace("x-ratelimit-limit-requests", client.limit)
  headers:replace("x-ratelimit-remaining-requests", remaining > 0 and remaining or 0)
  headers:replace("x-ratelimit-reset-requests", client.reset_text)
end

local function small(headers)
  local length = headers:get("content-length")
  if length == nil then return headers:get(":method") ~= "POST" end
  return (tonumber(length) or LARGE) < LARGE
end

local function refuse(handle, client, now, asked)
  local wait = math.max(client.retry - now, 1)
  local retry_after = tostring(math.ceil(wait / SECOND))
  local request = handle:headers()
  if small(request) then
    if not asked then handle:body() end -- an answer before its end would close the connection; a call has waited too
    local answer = { [":status"] = "429", ["retry-after"] = retry_after }
    handle:respond(answer, string.format(REFUSED, client.limit, duration(wait)))
    return
  end
  request:replace("retry-after", retry_after)
  request:replace("x-vhost", "refused") -- the listener that reads it to its end
end

function envoy_on_request(handle)
  local headers = handle:headers()
  local id = headers:get("x-client-id")
  local client = clients[id]
  if client ~= nil and client.left > 0 then -- as nearly all: in few steps
    client.left = client.left - 1
    return tell(headers, client)
  end
  if id == nil then return end
  local now = tonumber(handle:timestamp())
  client = client or add_client(id, now)
  local admitted, asked = admit(handle, id, client, now)
  if client.limit ~= nil then tell(handle:headers(), client) end -- anew: a call makes older handles invalid
  if not admitted then refuse(handle, client, now, asked) end
end
