package handler_test

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"example.com/app/handler"
	"example.com/app/lib/api"
	"example.com/app/lib/api/apitest"
	"example.com/app/lib/pg/pgtest"
	"example.com/app/models"
)

type order struct {
	ID          uuid.UUID `json:"id"`
	AccountID   uuid.UUID `json:"account_id"`
	AmountCents int64     `json:"amount_cents"`
	Currency    string    `json:"currency"`
	Status      string    `json:"status"`
	CreatedAt   string    `json:"created_at"`
}

// order gives the path of a new order below that of an account.
func (c client) order(of string) string {
	c.t.Helper()
	w := c.do(http.MethodPost, of+"/orders", `{"amount_cents": 1250, "currency": "BRL"}`)
	if w.Code != http.StatusCreated {
		c.t.Fatalf("ordering answers %d %s", w.Code, w.Body)
	}
	return w.Header().Get("Location")
}

// cursor is what leads to the second page of a list.
func (c client) cursor(path string) string {
	c.t.Helper()
	p := read[struct{ Next *string }](c.t, c.do(http.MethodGet, path+"?limit=1", ""))
	if p.Next == nil {
		c.t.Fatalf("%s has one page only", path)
	}
	return *p.Next
}

func TestCreatedOrderIsShownWhereLocationSays(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	of := c.open("Ada")
	location := c.order(of)

	w := c.do(http.MethodGet, location, "")

	got := read[order](t, w)
	if location != of+"/orders/"+got.ID.String() || of != accounts+"/"+got.AccountID.String() || got.ID.Version() != 7 {
		t.Errorf("%s shows %s", location, w.Body)
	}
	if got.AmountCents != 1250 || got.Currency != "BRL" || got.Status != "pending" || !strings.HasSuffix(got.CreatedAt, "Z") {
		t.Errorf("shown as %s", w.Body)
	}
	if w := c.do(http.MethodGet, location, "", header{"If-None-Match", w.Header().Get("ETag")}); w.Code != http.StatusNotModified {
		t.Errorf("an unchanged order answers %d", w.Code)
	}
}

func TestOrdersAreJudged(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	path := c.open("Ada") + "/orders"

	for body, want := range map[string]string{
		`{"currency": "EUR"}`:                                                               `"/amount_cents","code":"required"`,
		`{"amount_cents": -1, "currency": "EUR"}`:                                           `"/amount_cents","code":"min"`,
		`{"amount_cents": 9007199254740992, "currency": "EUR"}`:                             `"/amount_cents","code":"max"`,
		`{"amount_cents": 12.5, "currency": "EUR"}`:                                         `"/amount_cents","code":"type"`,
		`{"amount_cents": "12", "currency": "EUR"}`:                                         `"/amount_cents","code":"type"`,
		`{"amount_cents": 1}`:                                                               `"/currency","code":"required"`,
		`{"amount_cents": 1, "currency": "eur"}`:                                            `"/currency","code":"iso4217"`,
		`{"amount_cents": 1, "currency": "EURO"}`:                                           `"/currency","code":"iso4217"`,
		`{"amount_cents": 1, "currency": "ABC"}`:                                            `"/currency","code":"iso4217"`,
		`{"amount_cents": 1, "currency": "EUR", "status": "lost"}`:                          `"/status","code":"oneof"`,
		`{"amount_cents": 1, "currency": "EUR", "status": ""}`:                              `"/status","code":"oneof"`,
		`{"amount_cents": 1, "currency": "EUR", "account_id": "` + uuid.Nil.String() + `"}`: `"/account_id","code":"unknown"`,
	} {
		w := c.do(http.MethodPost, path, body)
		if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), `"pointer":`+want) {
			t.Errorf("%s answers %d %s, want %s", body, w.Code, w.Body, want)
		}
	}
	for _, body := range []string{
		`{"amount_cents": 0, "currency": "JPY"}`, `{"amount_cents": 9007199254740991, "currency": "KWD", "status": "paid"}`,
	} {
		if w := c.do(http.MethodPost, path, body); w.Code != http.StatusCreated {
			t.Errorf("%s answers %d %s", body, w.Code, w.Body)
		}
	}
}

func TestOrdersArePagedByAccount(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	ada, alan := c.open("Ada"), c.open("Alan")
	var want []string
	for range 5 {
		want = append(want, strings.TrimPrefix(c.order(ada), ada+"/orders/"))
		c.order(alan)
	}

	for _, query := range []string{"limit=1", "limit=2", "limit=5", ""} {
		if got := c.walk(ada+"/orders", query); strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("with %q the pages hold\n%v, want\n%v", query, got, want)
		}
	}
}

func TestOrderIsReachedThroughItsOwnAccountAlone(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	ada, alan, nobody := c.open("Ada"), c.open("Alan"), accounts+"/"+uuid.Must(uuid.NewV7()).String()
	id := strings.TrimPrefix(c.order(ada), ada)
	c.order(ada)
	cursor := c.cursor(ada + "/orders")

	for _, other := range []string{alan, nobody} {
		if w := c.do(http.MethodGet, other+id, ""); w.Code != http.StatusNotFound {
			t.Errorf("%s answers %d %s", other+id, w.Code, w.Body)
		}
	}
	for path, want := range map[string]int{ada: http.StatusOK, alan: http.StatusBadRequest, nobody: http.StatusNotFound} {
		if w := c.do(http.MethodGet, path+"/orders?after="+cursor, ""); w.Code != want {
			t.Errorf("with Ada's cursor %s answers %d %s, want %d", path, w.Code, w.Body, want)
		}
	}
	if w := c.do(http.MethodGet, alan+"/orders", ""); w.Body.String() != `{"items":[],"next":null}` {
		t.Errorf("Alan's orders are %s", w.Body)
	}
	if w := c.do(http.MethodPost, nobody+"/orders", `{"amount_cents": 1, "currency": "EUR"}`, key("k")); w.Code != http.StatusNotFound {
		t.Errorf("an order of nobody answers %d %s", w.Code, w.Body)
	}
}

func TestRepeatedRequestCreatesOneOrder(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	ada, alan := c.open("Ada"), c.open("Alan")
	send := func(of string) (int, string, string) {
		w := c.do(http.MethodPost, of+"/orders", `{"amount_cents": 1, "currency": "EUR"}`, key("k"))
		return w.Code, w.Body.String(), w.Header().Get("Idempotency-Replayed")
	}

	status, body, _ := send(ada)
	again, same, replayed := send(ada)
	other, said, _ := send(alan)

	if status != http.StatusCreated || again != status || same != body || replayed != "true" {
		t.Errorf("answered %d %s, then %d %s", status, body, again, same)
	}
	if other != http.StatusUnprocessableEntity || strings.Contains(said, "amount_cents") {
		t.Errorf("the same key for another account answers %d %s", other, said)
	}
	if n := count(t, c.db, "SELECT count(*) FROM account_order"); n != 1 {
		t.Errorf("%d orders", n)
	}
}

// A second mount asks less of who comes: it opens one account to everybody, and no more than that.
func TestSecondMountReachesNoMoreThanItsGuardLoads(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	var shop models.Account
	root := api.New(api.Options{Title: "Shop", Errors: handler.Errors(), Logger: slog.New(slog.DiscardHandler), DB: db, Prefix: "/api/v1"})
	handler.Routes(root, db, nil, nil, nil, handler.Upstreams{})
	handler.OrderRoutes(root.Group("/shop/orders", "shop", api.NewLoader(func(context.Context, *struct{}) (models.Account, error) {
		return shop, nil
	})), db)
	c := client{t: t, db: db, api: apitest.Handler(t, root)}
	ada := c.open("Ada")
	id := strings.TrimPrefix(c.order(ada), ada)
	c.order(ada)
	cursor := c.cursor(ada + "/orders")

	if w := c.do(http.MethodPost, "/api/v1/shop/orders", `{"amount_cents": 1, "currency": "EUR"}`); w.Code != http.StatusNotFound {
		t.Errorf("an order of no account answers %d %s", w.Code, w.Body)
	}
	row, err := models.NewAccounts(db).Create(t.Context(), "Shop")
	if err != nil {
		t.Fatal(err)
	}
	shop = row
	location := c.order("/api/v1/shop")

	if w := c.do(http.MethodGet, "/api/v1/shop"+id, ""); w.Code != http.StatusNotFound {
		t.Errorf("Ada's order answers %d %s", w.Code, w.Body)
	}
	if w := c.do(http.MethodGet, "/api/v1/shop/orders?after="+cursor, ""); w.Code != http.StatusBadRequest {
		t.Errorf("Ada's cursor answers %d %s", w.Code, w.Body)
	}
	if got := c.walk("/api/v1/shop/orders", "limit=1"); len(got) != 1 || location != "/api/v1/shop/orders/"+got[0] {
		t.Errorf("the shop lists %v besides %s", got, location)
	}

	c.order("/api/v1/shop")
	cursor = c.cursor("/api/v1/shop/orders")
	shop = models.Account{ID: uuid.Must(uuid.NewV7())} // another one at the same path
	if w := c.do(http.MethodGet, "/api/v1/shop/orders?after="+cursor, ""); w.Body.String() != `{"items":[],"next":null}` {
		t.Errorf("the cursor of who was there before answers %d %s", w.Code, w.Body)
	}
}
