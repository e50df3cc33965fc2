package broker

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"example.com/app/lib/pg"
)

// fate is what the inbox says of a message.
type fate int

const (
	fateFresh     fate = iota // it has not been handled before
	fateDuplicate             // it has, by a transaction that was committed
	fateReused                // its id has been seen with another body
)

var (
	errReused    = errors.New("the message-id was seen before with another body")
	errForgotten = errors.New("the message was forgotten meanwhile")
	errUndo      = errors.New("this was only tried")
)

// inbox remembers what a consumer has done. It is written in the transaction of the effect.
type inbox struct {
	db       *pg.DB
	consumer string
}

// probe does what every message needs and leaves nothing behind: a database that is full or a standby answers
// mere questions.
func (i inbox) probe(ctx context.Context) error {
	err := i.db.InTx(ctx, func(ctx context.Context) error {
		_, err := i.insert(ctx, []string{""}, [][]byte{{}})
		return cmp.Or(err, errUndo)
	})
	if errors.Is(err, errUndo) {
		return nil
	}
	return err
}

// enter notes deliveries of distinct ids, ascending so that transactions do not wait for one another in a circle,
// and tells the fate of each. It waits for another transaction that has entered one of them.
func (i inbox) enter(ctx context.Context, ds []Delivery) ([]fate, error) {
	ids, hashes := make([]string, len(ds)), make([][]byte, len(ds))
	for n, d := range ds {
		sum := sha256.Sum256(d.Body)
		ids[n], hashes[n] = d.ID, sum[:]
	}

	fresh, err := i.insert(ctx, ids, hashes)
	if err != nil {
		return nil, fmt.Errorf("enter messages into the inbox of %s: %w", i.consumer, err)
	}
	fates := make([]fate, len(ds))
	if len(fresh) == len(ds) {
		return fates, nil
	}

	known, err := i.known(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read the inbox of %s: %w", i.consumer, err)
	}
	for n, id := range ids {
		if _, ok := fresh[id]; ok {
			continue
		}
		switch hash, ok := known[id]; {
		case !ok:
			return nil, fmt.Errorf("read message %s in the inbox of %s: %w", id, i.consumer, errForgotten)
		case bytes.Equal(hash, hashes[n]):
			fates[n] = fateDuplicate
		default:
			fates[n] = fateReused
		}
	}
	return fates, nil
}

func (i inbox) insert(ctx context.Context, ids []string, hashes [][]byte) (map[string]struct{}, error) {
	rows, err := i.db.Query(ctx, `
		INSERT INTO inbox (consumer, message_id, body_hash)
		SELECT $1, id, hash FROM unnest($2::text[], $3::bytea[]) AS m (id, hash)
		ON CONFLICT DO NOTHING RETURNING message_id`, i.consumer, ids, hashes)
	if err != nil {
		return nil, err
	}

	fresh := make(map[string]struct{}, len(ids))
	var id string
	_, err = pgx.ForEachRow(rows, []any{&id}, func() error {
		fresh[id] = struct{}{}
		return nil
	})
	return fresh, err
}

// known are the hashes of the messages that are in the inbox.
func (i inbox) known(ctx context.Context, ids []string) (map[string][]byte, error) {
	rows, err := i.db.Query(ctx,
		"SELECT message_id, body_hash FROM inbox WHERE consumer = $1 AND message_id = ANY($2)", i.consumer, ids)
	if err != nil {
		return nil, err
	}

	known := make(map[string][]byte)
	var id string
	var hash []byte
	_, err = pgx.ForEachRow(rows, []any{&id, &hash}, func() error {
		known[id] = hash
		return nil
	})
	return known, err
}
