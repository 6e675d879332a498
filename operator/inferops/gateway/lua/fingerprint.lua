-- fingerprint(key) -> two numbers that stand for it in this worker thread alone. They are values of four polynomials over
-- the key's bytes, at points that nobody else knows: two keys, also those that somebody makes up, share all four with a
-- chance below 2^-72 (https://en.wikipedia.org/wiki/Universal_hashing#Hashing_strings).
local bytes_of = string.byte
local PRIME = 67108859 -- just below 2^26: products are whole numbers in a double (2^53)

local function draw_points(count)
  local source = assert(io.open("/dev/urandom", "rb"))
  local points = {}
  for i = 1, count do
    local a, b, c, d, e = bytes_of(source:read(5), 1, 5)
    points[i] = ((((a * 256 + b) * 256 + c) * 256 + d) * 256 + e) % PRIME
  end
  source:close()
  return unpack(points)
end

local P, Q, R, S = draw_points(4)

local function fingerprint(key)
  local p, q, r, s = #key, #key, #key, #key
  for at = 1, #key, 3 do
    local a, b, c = bytes_of(key, at, at + 2)
    local word = a + (b or 0) * 256 + (c or 0) * 65536
    p, q, r, s = (p * P + word) % PRIME, (q * Q + word) % PRIME, (r * R + word) % PRIME, (s * S + word) % PRIME
  end
  return p * PRIME + q, r * PRIME + s
end
