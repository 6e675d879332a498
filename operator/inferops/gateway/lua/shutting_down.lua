-- vLLM, once told to end, answers new requests with 500 and this sentence: nothing was done, another replica can do it.
local SENTENCE = "cannot schedule new futures after shutdown"
local LONGEST = 4096 -- bytes of an error

function envoy_on_response(handle)
  if tonumber(handle:headers():get("content-length") or LONGEST + 1) > LONGEST then return end
  local body = handle:body()
  if body ~= nil and string.find(body:getBytes(0, body:length()), SENTENCE, 1, true) then
    handle:headers():replace("x-elsewhere", "1")
  end
end
