package outbox

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"example.com/app/lib/pg"
)

const lookout = time.Minute // between two looks for strays

// strays are the rows whose exchange has no driver here.
type strays struct {
	db        *pg.DB
	exchanges []string // that have one
	log       *slog.Logger
	told      map[string]struct{}
}

func (s *strays) run(ctx context.Context) {
	for s.look(ctx); sleep(ctx, lookout); s.look(ctx) {
	}
}

// look tells of each exchange once. An error is nothing to tell: the couriers meet the same.
func (s *strays) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, reply)
	defer cancel()

	rows, err := s.db.Query(ctx, `
		SELECT exchange, count(*) FROM outbox
		WHERE sent_at IS NULL AND exchange <> ALL($1) GROUP BY exchange`, s.exchanges)
	if err != nil {
		return
	}
	var exchange string
	var n int
	_, _ = pgx.ForEachRow(rows, []any{&exchange, &n}, func() error {
		if _, told := s.told[exchange]; !told {
			s.told[exchange] = struct{}{}
			s.log.Warn("rows of the outbox wait for a connection that has no URL", "exchange", exchange, "rows", n)
		}
		return nil
	})
}
