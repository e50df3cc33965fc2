package cmd

import (
	"context"
	"time"

	"example.com/app/lib/pg"
)

// judgePools warns of a replica that does not answer, and of servers that have too few connections. Neither keeps a process
// from its work.
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
	case err != nil:
		d.Log.Warn("a server does not tell how many connections it has, and the primary works for a replica that is away",
			"pool", p.Name, "error", err)
	case room.Most < p.Max:
		d.Log.Warn("a server has fewer connections than this process may take: lower DB_MAX_CONNECTIONS, or raise the server's max_connections",
			"pool", p.Name, "max", p.Max, "server_has", room.Most)
	}
}
