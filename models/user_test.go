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

func TestChangeOfAUserTakesEffectOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	users := models.NewUsers(db)
	want := addUser(t, db, "ada@example.com")
	for _, c := range []struct {
		what string
		does func(email string) (models.User, error)
		to   func(u *models.User)
	}{
		{"disable", func(e string) (models.User, error) { return users.Disable(t.Context(), e) }, func(u *models.User) { u.Active = false }},
		{"enable", func(e string) (models.User, error) { return users.Enable(t.Context(), e) }, func(u *models.User) { u.Active = true }},
		{"role", func(e string) (models.User, error) { return users.SetRole(t.Context(), e, auth.Admin) }, func(u *models.User) { u.Role = auth.Admin }},
		{"password", func(e string) (models.User, error) { return users.SetPassword(t.Context(), e, "new") }, func(u *models.User) { u.PasswordHash = "new" }},
	} {
		before := want
		if c.to(&want); want != before {
			want.Version++
		}
		got, err := c.does("Ada@example.com")
		if want.UpdatedAt = got.UpdatedAt; got != want || err != nil || got.UpdatedAt.After(before.UpdatedAt) != (want.Version > before.Version) {
			t.Errorf("%s: %+v, %v, want %+v", c.what, got, err, want)
		}
		if again, err := c.does("ada@example.com"); again != got || err != nil {
			t.Errorf("%s again: %+v, %v", c.what, again, err)
		}
		if _, err := c.does("grace@example.com"); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("%s of nobody: %v", c.what, err)
		}
	}
	if _, err := users.SetRole(t.Context(), "ada@example.com", "root"); !errors.Is(err, models.ErrInvalid) {
		t.Errorf("a role that does not exist: %v", err)
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
