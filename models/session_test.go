package models_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/google/uuid"

	"example.com/app/lib/auth"
	"example.com/app/lib/pg"
	"example.com/app/lib/pg/pgtest"
	"example.com/app/models"
)

// begin gives a session of a new user, with its refresh token's hash.
func begin(t *testing.T, db *pg.DB) (auth.Identity, []byte) {
	t.Helper()
	_, hash := auth.NewRefresh()
	who, err := models.NewSessions(db).Create(t.Context(), addUser(t, db, uuid.NewString()+"@example.com"), hash)
	if err != nil {
		t.Fatal(err)
	}
	return who, hash
}

func emailOf(t *testing.T, db *pg.DB, who auth.Identity) string {
	t.Helper()
	user, err := models.NewUsers(db).Find(t.Context(), who.User)
	if err != nil {
		t.Fatal(err)
	}
	return user.Email
}

func change(t *testing.T, db *pg.DB, sql string) {
	t.Helper()
	if _, err := db.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func TestSessionIsItsUsers(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	sessions := models.NewSessions(db)
	who, _ := begin(t, db)
	if got, err := sessions.Find(t.Context(), who.Session); got != who || who.Role != auth.Editor || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
	change(t, db, "UPDATE app_user SET role = 'reader'")
	if got, err := sessions.Find(t.Context(), who.Session); got.Role != auth.Reader || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestSessionEnds(t *testing.T) {
	t.Parallel()
	for how, end := range map[string]func(db *pg.DB, who auth.Identity){
		"on request":    func(db *pg.DB, who auth.Identity) { _ = models.NewSessions(db).End(t.Context(), who.Session) },
		"in time":       func(db *pg.DB, _ auth.Identity) { change(t, db, "UPDATE session SET expires_at = now()") },
		"with its user": func(db *pg.DB, _ auth.Identity) { change(t, db, "UPDATE app_user SET active = false") },
		"by a new role": func(db *pg.DB, who auth.Identity) {
			_, _ = models.NewUsers(db).SetRole(t.Context(), emailOf(t, db, who), auth.Admin)
		},
		"by a new password": func(db *pg.DB, who auth.Identity) {
			_, _ = models.NewUsers(db).SetPassword(t.Context(), emailOf(t, db, who), "new")
		},
		"when it is stolen": func(db *pg.DB, _ auth.Identity) { change(t, db, "UPDATE refresh_token SET used_at = now()") },
	} {
		db := pgtest.New(t)
		sessions := models.NewSessions(db)
		who, hash := begin(t, db)
		bystander, _ := begin(t, db)
		end(db, who)

		_, next := auth.NewRefresh()
		if _, err := sessions.Rotate(t.Context(), hash, next); !errors.Is(err, models.ErrNotFound) && !errors.Is(err, models.ErrReused) {
			t.Errorf("%s: its token: %v", how, err)
		}
		if _, err := sessions.Find(t.Context(), who.Session); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("%s: %v", how, err)
		}
		if _, err := sessions.Find(t.Context(), bystander.Session); err != nil && how != "in time" && how != "with its user" {
			t.Errorf("%s: another session: %v", how, err)
		}
	}
}

func TestNoSessionBeginsForAUserWhoHasChangedMeanwhile(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	users, read := models.NewUsers(db), addUser(t, db, "ada@example.com")
	for _, change := range []func() (models.User, error){
		func() (models.User, error) { return users.SetPassword(t.Context(), read.Email, "new") },
		func() (models.User, error) { return users.Disable(t.Context(), read.Email) },
		func() (models.User, error) { return users.Enable(t.Context(), read.Email) },
	} {
		now, err := change()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := models.NewSessions(db).Create(t.Context(), read, []byte("hash")); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("as %+v, who is %+v now, one logs in: %v", read, now, err)
		}
		read = now
	}
	if _, err := models.NewSessions(db).Create(t.Context(), read, []byte("hash")); err != nil {
		t.Error(err)
	}
}

func TestNewPasswordEndsTheSessionThatBeginsBesideIt(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	users, read := models.NewUsers(db), addUser(t, db, "ada@example.com")
	for i := range 20 {
		hash := []byte{byte(i)}
		var login sync.WaitGroup
		login.Go(func() { _, _ = models.NewSessions(db).Create(t.Context(), read, hash) })
		now, err := users.SetPassword(t.Context(), read.Email, string(rune('a'+i)))
		login.Wait()

		var sessions int
		if err := errors.Join(err, db.QueryRow(t.Context(), "SELECT count(*) FROM session").Scan(&sessions)); sessions > 0 || err != nil {
			t.Errorf("%d sessions, %v", sessions, err)
		}
		read = now
	}
}

func TestRefreshingAndEndingAtOnceDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	sessions := models.NewSessions(db)
	for range 20 {
		who, hash := begin(t, db)
		_, next := auth.NewRefresh()
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := sessions.Rotate(t.Context(), hash, next); err != nil && !errors.Is(err, models.ErrNotFound) {
				t.Error(err)
			}
		})
		wg.Go(func() {
			if err := sessions.End(t.Context(), who.Session); err != nil {
				t.Error(err)
			}
		})
		wg.Wait()
		if _, err := sessions.Find(t.Context(), who.Session); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("the session goes on: %v", err)
		}
	}
}
