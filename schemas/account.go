package schemas

import (
	"time"

	"github.com/google/uuid"

	"example.com/app/lib/api"
	"example.com/app/models"
)

// AccountIn creates an account.
type AccountIn struct {
	Name string `json:"name" validate:"required,max=255" mod:"trim" example:"Analytical Engines Ltd." doc:"Stored without the white space around it."`
}

// AccountOut is an account as everybody sees it.
type AccountOut struct {
	ID        uuid.UUID `json:"id" doc:"Given by the service, ascending with time."`
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"created_at"`
}

// NewAccountOut stops compiling when a column comes that nobody has decided on.
func NewAccountOut(row models.Account) AccountOut { return AccountOut(row) }

// AccountID names one account by its path.
type AccountID struct {
	ID uuid.UUID `path:"account_id" doc:"The account's id."`
}

// AccountQuery asks for one page of the list.
type AccountQuery struct {
	Limit int                   `query:"limit" default:"50" validate:"min=1,max=200" doc:"Accounts on a page."`
	After api.Cursor[uuid.UUID] `query:"after" doc:"The next of the page before."`
}

// AccountPage is one page; Next is null on the last one.
type AccountPage struct {
	Items []AccountOut           `json:"items"`
	Next  *api.Cursor[uuid.UUID] `json:"next" doc:"Goes into after; null when nothing more was there a moment ago."`
}

// NewAccountPage takes one row more than fits, which tells that there is a next page.
func NewAccountPage(rows []models.Account, limit int) (page AccountPage) {
	page.Items, page.Next = api.PageOf(rows, limit, NewAccountOut, func(row models.Account) uuid.UUID { return row.ID })
	return page
}
