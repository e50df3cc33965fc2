-- One failure less under each of KEYS; see strike.lua. ARGV: what one takes to fade, for each.
for i, key in ipairs(KEYS) do
	if redis.call('EXISTS', key) == 1 then
		redis.call('HINCRBY', key, 'clean', '-' .. ARGV[i])
		redis.call('HSET', key, 'next', 0)
	end
end
return 0
