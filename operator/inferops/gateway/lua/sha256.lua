-- SHA-256 (FIPS 180-4) on LuaJIT's bit library: sha256(text) -> 64 lowercase hexadecimal characters.
local bit = require("bit")
local band, bnot, bxor, ror, shr, tobit = bit.band, bit.bnot, bit.bxor, bit.ror, bit.rshift, bit.tobit

local ROUND_CONSTANTS, INITIAL = {}, {}
do -- the fractional parts of the cube and square roots of the first primes
  local function fraction(x)
    return tobit(math.floor((x - math.floor(x)) * 2 ^ 32))
  end
  local candidate = 2
  while #ROUND_CONSTANTS < 64 do
    local prime = true
    for divisor = 2, math.floor(math.sqrt(candidate)) do
      if candidate % divisor == 0 then prime = false end
    end
    if prime then
      ROUND_CONSTANTS[#ROUND_CONSTANTS + 1] = fraction(candidate ^ (1 / 3))
      if #INITIAL < 8 then INITIAL[#INITIAL + 1] = fraction(math.sqrt(candidate)) end
    end
    candidate = candidate + 1
  end
end

-- text, a one bit, zeros to 56 bytes of a block, and the length in bits as 64-bit big-endian
local function padded(text)
  local bits = #text * 8
  local length = {}
  for i = 8, 1, -1 do
    length[i] = string.char(bits % 256)
    bits = math.floor(bits / 256)
  end
  return text .. "\128" .. string.rep("\0", (55 - #text) % 64) .. table.concat(length)
end

local function word_at(text, at)
  local a, b, c, d = string.byte(text, at, at + 3)
  return tobit(a * 16777216 + b * 65536 + c * 256 + d)
end

local function schedule(text, block, words)
  for i = 1, 16 do
    words[i] = word_at(text, block + (i - 1) * 4)
  end
  for i = 17, 64 do
    local x, y = words[i - 15], words[i - 2]
    local s0 = bxor(ror(x, 7), ror(x, 18), shr(x, 3))
    local s1 = bxor(ror(y, 17), ror(y, 19), shr(y, 10))
    words[i] = tobit(words[i - 16] + s0 + words[i - 7] + s1)
  end
end

local function compress(state, words)
  local a, b, c, d, e, f, g, h = unpack(state)
  for i = 1, 64 do
    local s1 = bxor(ror(e, 6), ror(e, 11), ror(e, 25))
    local choice = bxor(band(e, f), band(bnot(e), g))
    local t1 = tobit(h + s1 + choice + ROUND_CONSTANTS[i] + words[i])
    local s0 = bxor(ror(a, 2), ror(a, 13), ror(a, 22))
    local majority = bxor(band(a, b), band(a, c), band(b, c))
    h, g, f, e, d, c, b, a = g, f, e, tobit(d + t1), c, b, a, tobit(t1 + s0 + majority)
  end
  for i, value in ipairs({ a, b, c, d, e, f, g, h }) do
    state[i] = tobit(state[i] + value)
  end
end

local function sha256(text)
  local state, words = { unpack(INITIAL) }, {}
  text = padded(text)
  for block = 1, #text, 64 do
    schedule(text, block, words)
    compress(state, words)
  end
  for i, value in ipairs(state) do
    state[i] = bit.tohex(value)
  end
  return table.concat(state)
end
