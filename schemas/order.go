package schemas

import (
	"time"

	"github.com/google/uuid"

	"example.com/app/lib/api"
	"example.com/app/models"
)

// OfAccount is in the input of every route of orders: the account is what a guard has let through, never what a request says.
type OfAccount struct {
	Account models.Account `from:"guard"`
}

// OrderIn creates an order. Amounts stay below 2^53, up to where every JSON reader is exact (RFC 8259, section 6).
type OrderIn struct {
	OfAccount
	AmountCents int64   `json:"amount_cents" validate:"given,min=0,max=9007199254740991" example:"1999" doc:"In the currency's smallest unit: cents of EUR, yen of JPY."`
	Currency    string  `json:"currency" validate:"required,iso4217" example:"EUR" doc:"ISO 4217, in capital letters."`
	Status      *string `json:"status,omitempty" validate:"omitempty,oneof=pending paid cancelled" doc:"pending, unless it is given."`
}

// Draft is the order as the model takes it.
func (o OrderIn) Draft() models.OrderDraft {
	d := models.OrderDraft{AmountCents: o.AmountCents, Currency: o.Currency, Status: models.OrderPending}
	if o.Status != nil {
		d.Status = *o.Status
	}
	return d
}

// OrderOut is an order as everybody sees it.
type OrderOut struct {
	ID          uuid.UUID `json:"id" doc:"Given by the service, ascending with time."`
	AccountID   uuid.UUID `json:"account_id"`
	AmountCents int64     `json:"amount_cents" doc:"In the currency's smallest unit."`
	Currency    string    `json:"currency" doc:"ISO 4217."`
	Status      string    `json:"status" enum:"pending,paid,cancelled"`
	CreatedAt   time.Time `json:"created_at"`
}

// NewOrderOut stops compiling when a column comes that nobody has decided on.
func NewOrderOut(row models.Order) OrderOut { return OrderOut(row) }

// OrderID names one order by its path.
type OrderID struct {
	OfAccount
	ID uuid.UUID `path:"order_id" doc:"The order's id."`
}

// OrderQuery asks for one page of an account's orders.
type OrderQuery struct {
	OfAccount
	Limit int                   `query:"limit" default:"50" validate:"min=1,max=200" doc:"Orders on a page."`
	After api.Cursor[uuid.UUID] `query:"after" doc:"The next of the page before."`
}

// OrderPage is one page; Next is null on the last one.
type OrderPage struct {
	Items []OrderOut             `json:"items"`
	Next  *api.Cursor[uuid.UUID] `json:"next" doc:"Goes into after; null when nothing more was there a moment ago."`
}

// NewOrderPage takes one row more than fits, which tells that there is a next page.
func NewOrderPage(rows []models.Order, limit int) (page OrderPage) {
	page.Items, page.Next = api.PageOf(rows, limit, NewOrderOut, func(row models.Order) uuid.UUID { return row.ID })
	return page
}
