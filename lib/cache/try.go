package cache

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

// Facts are what a server tells of itself, if this user may ask.
type Facts struct {
	Version string // "" for who may not
	Cluster bool   // it has some of the keys, and others have the rest
	Fills   bool   // it has a limit of memory, and takes nothing more when it is there
}

// Try does what a process does with Redis, on a key that is gone a millisecond later.
func (r *Redis) Try(ctx context.Context) (Facts, error) {
	if err := r.Ping(ctx); err != nil {
		return Facts{}, err
	}
	if _, err := r.Take(ctx, "try", time.Millisecond, time.Millisecond); err != nil {
		return Facts{}, err
	}
	told := new(redis.InfoCmd)
	_ = safely(func() error { // who may not ask is told nothing
		told = r.client.InfoMap(ctx)
		return nil
	})
	return Facts{
		Version: told.Item("Server", "redis_version"),
		Cluster: told.Item("Server", "redis_mode") == "cluster",
		Fills:   told.Item("Memory", "maxmemory") != "0" && told.Item("Memory", "maxmemory_policy") == "noeviction",
	}, nil
}
