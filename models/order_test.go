package models_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"example.com/app/lib/pg/pgtest"
	"example.com/app/models"
)

func euros(cents int64) models.OrderDraft {
	return models.OrderDraft{AmountCents: cents, Currency: "EUR", Status: models.OrderPending}
}

func TestOrderIsFoundThroughItsAccountAlone(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	accounts, orders := models.NewAccounts(db), models.NewOrders(db)
	ada, err := accounts.Create(t.Context(), "Ada")
	alan, err2 := accounts.Create(t.Context(), "Alan")
	want, err3 := orders.Create(t.Context(), ada.ID, euros(7))
	if err := errors.Join(err, err2, err3); err != nil {
		t.Fatal(err)
	}

	if got, err := orders.Find(t.Context(), ada.ID, want.ID); err != nil || got != want || got.AmountCents != 7 {
		t.Errorf("found %+v, %v; want %+v", got, err, want)
	}
	for _, other := range []uuid.UUID{alan.ID, want.ID, uuid.Nil} {
		if _, err := orders.Find(t.Context(), other, want.ID); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("through account %s it answers %v", other, err)
		}
		if list, err := orders.List(t.Context(), other, uuid.Nil, 10); err != nil || len(list) > 0 {
			t.Errorf("account %s lists %v, %v", other, list, err)
		}
	}
}

func TestOrderOfNobodyIsNotCreated(t *testing.T) {
	t.Parallel()
	orders := models.NewOrders(pgtest.New(t))

	if _, err := orders.Create(t.Context(), uuid.Must(uuid.NewV7()), euros(7)); !errors.Is(err, models.ErrNoAccount) {
		t.Errorf("answered %v, want ErrNoAccount", err)
	}
}

func TestOrderThatCannotBeStoredIsInvalid(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	account, err := models.NewAccounts(db).Create(t.Context(), strings.Repeat("é", 255))
	if err != nil {
		t.Fatal(err)
	}
	negative, odd, strange := euros(-1), euros(1), euros(1)
	odd.Currency, strange.Status = "euro", "lost"

	for _, d := range []models.OrderDraft{negative, odd, strange, euros(1 << 53)} {
		if _, err := models.NewOrders(db).Create(t.Context(), account.ID, d); !errors.Is(err, models.ErrInvalid) {
			t.Errorf("%+v answers %v, want ErrInvalid", d, err)
		}
	}
	if _, err := models.NewAccounts(db).Create(t.Context(), strings.Repeat("x", 256)); !errors.Is(err, models.ErrInvalid) {
		t.Errorf("a name of 256 characters answers %v", err)
	}
}

func TestAccountsAndOrdersAreListedInTheOrderOfCreation(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	accounts, orders := models.NewAccounts(db), models.NewOrders(db)
	var opened []models.Account
	var made []models.Order
	for i := range 4 {
		account, err := accounts.Create(t.Context(), "Ada")
		if err != nil {
			t.Fatal(err)
		}
		opened = append(opened, account)
		order, err := orders.Create(t.Context(), opened[0].ID, euros(int64(i)))
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, order)
	}

	if list, err := accounts.List(t.Context(), opened[0].ID, 2); err != nil || !slices.Equal(list, opened[1:3]) {
		t.Errorf("listed %v, %v; want %v", list, err, opened[1:3])
	}
	if list, err := orders.List(t.Context(), opened[0].ID, made[0].ID, 2); err != nil || !slices.Equal(list, made[1:3]) {
		t.Errorf("listed %v, %v; want %v", list, err, made[1:3])
	}
}
