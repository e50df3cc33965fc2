package cmd

import (
	"context"
	"time"

	"example.com/app/lib/pg"
)

// judgePools warns of a replica that does not answer or is none, and of servers that have too few connections. Neither keeps
// a process from its work.
func (d *Deps) judgePools(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for _, p := range d.DB.Pools() {
		d.judge(ctx, p)
	}
}

func (d *Deps) judge(ctx context.Context, p pg.Pool) {
	room, err := p.Room(ctx)
	switch {
	case err != nil && p.Name == "replica":
		d.Log.Warn("the replica is not read, and the primary works for it", "error", err)
	case err != nil:
		d.Log.Warn("the database does not tell how many connections it has", "error", err)
	case room.Most < p.Max:
		d.Log.Warn("a server has fewer connections than this process may take: lower the setting, or raise the server's max_connections",
			"pool", p.Name, "setting", poolSetting(p), "max", p.Max, "server_has", room.Most)
	}
}

func poolSetting(p pg.Pool) string {
	if p.Name == "replica" {
		return "DB_MAX_CONNECTIONS_REPLICA"
	}
	return "DB_MAX_CONNECTIONS"
}
