package models_test

import (
	"errors"
	"testing"

	"example.com/app/lib/auth"
	"example.com/app/lib/pg"
	"example.com/app/lib/pg/pgtest"
	"example.com/app/models"
)

func addUser(t *testing.T, db *pg.DB, email string) models.User {
	t.Helper()
	row, err := models.NewUsers(db).Create(t.Context(), models.UserDraft{Email: email, PasswordHash: "hash", Role: auth.Editor})
	if err != nil {
		t.Fatal(err)
	}
	return row
}

func TestUserIsFoundByTheAddressInAnyCase(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	users, want := models.NewUsers(db), addUser(t, db, " Ada@Example.com")
	for _, email := range []string{"ada@example.com", "ADA@EXAMPLE.COM "} {
		if got, err := users.FindByEmail(t.Context(), email); got != want || got.Email != "ada@example.com" || err != nil {
			t.Errorf("%q finds %+v, %v", email, got, err)
		}
		if _, err := users.Create(t.Context(), models.UserDraft{Email: email, Role: auth.Reader}); !errors.Is(err, models.ErrConflict) {
			t.Errorf("another %q: %v", email, err)
		}
	}
	if _, err := users.FindByEmail(t.Context(), "grace@example.com"); !errors.Is(err, models.ErrNotFound) {
		t.Error(err)
	}
	if _, err := users.Find(t.Context(), 99); !errors.Is(err, models.ErrNotFound) {
		t.Error(err)
	}
	if _, err := users.Create(t.Context(), models.UserDraft{Email: "x@example.com", Role: "root"}); !errors.Is(err, models.ErrInvalid) {
		t.Errorf("a user with a role that does not exist: %v", err)
	}
}

func TestUserIsDisabledOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	users := models.NewUsers(db)
	addUser(t, db, "ada@example.com")
	first, err := users.Disable(t.Context(), "Ada@example.com")
	if err != nil || first.Active || first.Version != 2 {
		t.Errorf("%+v, %v", first, err)
	}
	if again, err := users.Disable(t.Context(), "ada@example.com"); again != first || err != nil {
		t.Errorf("%+v, %v", again, err)
	}
	if _, err := users.Disable(t.Context(), "grace@example.com"); !errors.Is(err, models.ErrNotFound) {
		t.Error(err)
	}
}

func TestHashThatWasChangedMeanwhileStays(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	users, user := models.NewUsers(db), addUser(t, db, "ada@example.com")
	for _, hash := range []string{"better", "late"} {
		if err := users.Rehash(t.Context(), user.ID, "hash", hash); err != nil {
			t.Fatal(err)
		}
	}
	if row, err := users.Find(t.Context(), user.ID); row.PasswordHash != "better" || err != nil {
		t.Errorf("%+v, %v", row, err)
	}
}
