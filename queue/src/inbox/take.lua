#!lua flags=allow-oom
-- KEYS: taken, holder, scheduled, active, data
-- ARGV: prefix of the metadata, tasks, bytes, bytes of one payload, fields of metadata, holder, its time in ms,
-- and the ids in hand that are passed over
local taken, holder, scheduled, active, data = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local most, bytes_left = tonumber(ARGV[2]), tonumber(ARGV[3])
local bytes_max, fields_max = tonumber(ARGV[4]), tonumber(ARGV[5])
local in_hand, passed = {}, #ARGV - 7
for at = 8, #ARGV do in_hand[ARGV[at]] = true end

local held_by = redis.call('GET', holder)
if held_by and held_by ~= ARGV[6] then return false end
redis.call('SET', holder, ARGV[6], 'PX', ARGV[7])

local room = passed + most - redis.call('ZCARD', taken)
if room > 0 then
    local due = redis.call('ZRANGE', scheduled, 0, room - 1, 'WITHSCORES')
    for at = 1, #due, 2 do redis.call('ZADD', taken, due[at + 1], due[at]) end
    if #due > 0 then redis.call('ZREMRANGEBYRANK', scheduled, 0, #due / 2 - 1) end
    room = room - #due / 2
end
if room > 0 then
    local ids = redis.call('LRANGE', active, 0, room - 1)
    for _, id in ipairs(ids) do redis.call('ZADD', taken, 'NX', 0, id) end
    if #ids > 0 then redis.call('LTRIM', active, #ids, -1) end
end

-- Nothing of it where it has too many fields or bytes, but for the attempts.
local function metadata(id)
    local key = ARGV[1] .. id
    local function attempts()
        local found = redis.pcall('HMGET', key, 'attempts', 'max_attempts')
        if found.err then return {} end
        return {'attempts', found[1] or '', 'max_attempts', found[2] or ''}
    end
    local fields = redis.pcall('HLEN', key)
    if type(fields) ~= 'number' then return {} end
    if fields > fields_max then return attempts() end
    local all = redis.call('HGETALL', key)
    local bytes = 0
    for _, text in ipairs(all) do bytes = bytes + #text end
    if bytes > bytes_max then return attempts() end
    return all
end

local answer = {}
local ids = redis.call('ZRANGE', taken, 0, passed + most - 1, 'WITHSCORES')
for at = 1, #ids, 2 do
    local id = ids[at]
    if not in_hand[id] then
        local length, payload = redis.call('HSTRLEN', data, id), false
        if length <= bytes_max then
            payload = redis.call('HGET', data, id)
            bytes_left = bytes_left - length
        end
        answer[#answer + 1] = {id, ids[at + 1], payload, length, metadata(id)}
        if #answer == most or bytes_left <= 0 then break end
    end
end
return answer
