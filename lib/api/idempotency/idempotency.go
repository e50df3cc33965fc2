// Package idempotency lets a request that a client repeats take effect once: its answer is kept in the transaction of
// the effect, and given again.
package idempotency

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"example.com/app/lib/pg"
)

// Why a request with a key is not answered.
var (
	ErrInProgress = errors.New("a request with this key is being answered")
	ErrReused     = errors.New("the key was used for another request")
)

// Request is what a client asks for. User is 0 when nobody has logged in.
type Request struct {
	User  int64
	Route string // the method and the path's pattern: the same key means something else on another route
	Key   string
	Hash  [sha256.Size]byte // of all that must be the same when the key is
}

// Answer is what a request was answered.
type Answer struct {
	Status int
	Header map[string]string // by canonical names
	Body   []byte            // nil for none
}

// Once runs do in a transaction and keeps its answer, or tells the answer that was kept. The request that comes while
// another with its key runs is ErrInProgress at once; a key that stands for another request is ErrReused. An error of
// do is kept by nobody and rolls back, so the request may be tried again. Like pg.DB.InTx it may end in an error
// although the transaction was committed: then a repeat tells the answer.
func Once(ctx context.Context, db *pg.DB, r Request, do func(ctx context.Context) (Answer, error)) (a Answer, replayed bool, err error) {
	err = db.InTx(ctx, func(ctx context.Context) (err error) {
		if err := lock(ctx, db, r); err != nil {
			return err
		}
		if a, replayed, err = find(ctx, db, r); replayed || err != nil {
			return err
		}
		if a, err = do(ctx); err != nil {
			return err
		}
		return keep(ctx, db, r, a)
	})
	return a, replayed, err
}

// lock does not wait, and has a statement of its own: the one that looks for the answer has to begin when no other
// request can still write it.
func lock(ctx context.Context, db *pg.DB, r Request) error {
	var locked bool
	err := db.QueryRow(ctx, "SELECT pg_try_advisory_xact_lock(hashtextextended(concat_ws(' ', $1::bigint, $2::text, $3::text), 0))",
		r.User, r.Route, r.Key).Scan(&locked)
	switch {
	case err != nil:
		return fmt.Errorf("lock an idempotency key: %w", err)
	case !locked:
		return ErrInProgress
	}
	return nil
}

func find(ctx context.Context, db *pg.DB, r Request) (a Answer, found bool, err error) {
	var same bool
	err = db.QueryRow(ctx, `
		SELECT request_hash = $4, status, header, body FROM idempotency_key
		WHERE user_id = $1 AND route = $2 AND key = $3`, r.User, r.Route, r.Key, r.Hash[:]).
		Scan(&same, &a.Status, &a.Header, &a.Body)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return a, false, nil
	case err != nil:
		return a, false, fmt.Errorf("find an idempotency key: %w", err)
	case !same:
		return a, false, ErrReused
	}
	return a, true, nil
}

func keep(ctx context.Context, db *pg.DB, r Request, a Answer) error {
	_, err := db.Exec(ctx, `
		INSERT INTO idempotency_key (user_id, route, key, request_hash, status, header, body)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`, r.User, r.Route, r.Key, r.Hash[:], a.Status, a.Header, a.Body)
	if err != nil {
		return fmt.Errorf("keep the answer for an idempotency key: %w", err)
	}
	return nil
}
