package models

import (
	"context"
	"time"

	"github.com/google/uuid"

	"example.com/app/lib/pg"
)

// Account is a row of the table account.
type Account struct {
	ID        uuid.UUID
	Name      string
	CreatedAt time.Time
}

const (
	accountColumns = "id, name, created_at"
	selectAccount  = "SELECT " + accountColumns + " FROM account"
)

// Accounts are the rows of the table account.
type Accounts struct {
	db *pg.DB
}

// NewAccounts reads and writes through db.
func NewAccounts(db *pg.DB) Accounts { return Accounts{db: db} }

// Find answers ErrNotFound when there is no account with that id.
func (a Accounts) Find(ctx context.Context, id uuid.UUID) (Account, error) {
	row, err := one[Account](ctx, a.db, selectAccount+" WHERE id = $1", id)
	if err != nil {
		return Account{}, fault(orNo(err, ErrNoAccount), "find account %s", id)
	}
	return row, nil
}

// List is ordered by id, which is the order of creation, and holds at most limit accounts with ids above after, as they were
// a moment ago.
func (a Accounts) List(ctx context.Context, after uuid.UUID, limit int) ([]Account, error) {
	list, err := lagging[Account](ctx, a.db, selectAccount+" WHERE id > $1 ORDER BY id LIMIT $2", after, limit)
	if err != nil {
		return nil, fault(err, "list accounts")
	}
	return list, nil
}

// Create answers ErrInvalid for a name that does not fit the column: 255 characters, no U+0000.
func (a Accounts) Create(ctx context.Context, name string) (Account, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return Account{}, fault(err, "name an account")
	}
	row, err := one[Account](ctx, a.db, "INSERT INTO account (id, name) VALUES ($1, $2) RETURNING "+accountColumns, id, name)
	if err != nil {
		return Account{}, fault(err, "create account")
	}
	return row, nil
}
