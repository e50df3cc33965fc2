package models

import (
	"context"
	"time"

	"github.com/google/uuid"

	"example.com/app/lib/pg"
)

// What an order can be.
const (
	OrderPending   = "pending"
	OrderPaid      = "paid"
	OrderCancelled = "cancelled"
)

// Order is a row of the table account_order. Every order belongs to one account, and is found through that alone.
type Order struct {
	ID          uuid.UUID
	AccountID   uuid.UUID
	AmountCents int64  // 0 and more, in the smallest unit of the currency
	Currency    string // ISO 4217
	Status      string
	CreatedAt   time.Time
}

const (
	orderColumns = "id, account_id, amount_cents, currency, status, created_at"
	selectOrder  = "SELECT " + orderColumns + " FROM account_order"
)

// Orders are the rows of the table account_order.
type Orders struct {
	db *pg.DB
}

// NewOrders reads and writes through db.
func NewOrders(db *pg.DB) Orders { return Orders{db: db} }

// Find answers ErrNotFound when the account has no order with that id, whoever else has.
func (o Orders) Find(ctx context.Context, account, id uuid.UUID) (Order, error) {
	row, err := one[Order](ctx, o.db, selectOrder+" WHERE account_id = $1 AND id = $2", account, id)
	if err != nil {
		return Order{}, fault(orNo(err, ErrNoOrder), "find order %s of account %s", id, account)
	}
	return row, nil
}

// List is ordered by id, which is the order of creation, and holds at most limit orders of the account with ids above after,
// as they were a moment ago.
func (o Orders) List(ctx context.Context, account, after uuid.UUID, limit int) ([]Order, error) {
	list, err := lagging[Order](ctx, o.db, selectOrder+" WHERE account_id = $1 AND id > $2 ORDER BY id LIMIT $3", account, after, limit)
	if err != nil {
		return nil, fault(err, "list the orders of account %s", account)
	}
	return list, nil
}

// OrderDraft is what a new order is made of.
type OrderDraft struct {
	AmountCents      int64
	Currency, Status string
}

// Create answers ErrNotFound when there is no such account, and ErrInvalid for what the columns refuse.
func (o Orders) Create(ctx context.Context, account uuid.UUID, d OrderDraft) (Order, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return Order{}, fault(err, "name an order")
	}
	row, err := one[Order](ctx, o.db, `
		INSERT INTO account_order (id, account_id, amount_cents, currency, status)
		SELECT $1, id, $3, $4, $5 FROM account WHERE id = $2
		RETURNING `+orderColumns, id, account, d.AmountCents, d.Currency, d.Status)
	if err != nil {
		return Order{}, fault(orNo(err, ErrNoAccount), "create an order of account %s", account)
	}
	return row, nil
}
