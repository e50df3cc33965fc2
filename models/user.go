package models

import (
	"context"
	"strings"
	"time"

	"example.com/app/lib/auth"
	"example.com/app/lib/pg"
)

// User is a row of the table app_user. Version counts its changes, from 1; a new PasswordHash of the same password is none.
type User struct {
	ID           int64
	Email        string // trimmed and in lower case
	PasswordHash string // keep it out of answers and logs
	Role         auth.Role
	Active       bool
	CreatedAt    time.Time
	UpdatedAt    time.Time
	Version      int64
}

const (
	userColumns = "id, email, password_hash, role, active, created_at, updated_at, version"
	selectUser  = "SELECT " + userColumns + " FROM app_user"
)

// Users are the rows of the table app_user.
type Users struct {
	db *pg.DB
}

// NewUsers reads and writes through db.
func NewUsers(db *pg.DB) Users { return Users{db: db} }

// Email is the one form in which an e-mail address is kept and compared.
func Email(given string) string { return strings.ToLower(strings.TrimSpace(given)) }

// Find answers ErrNotFound when there is no user with that id; disabled ones are found too.
func (u Users) Find(ctx context.Context, id int64) (User, error) {
	row, err := one[User](ctx, u.db, selectUser+" WHERE id = $1", id)
	if err != nil {
		return User{}, fault(orNo(err, ErrNoUser), "find user %d", id)
	}
	return row, nil
}

// FindByEmail answers ErrNotFound when nobody has that address, whatever its case; disabled users are found too.
func (u Users) FindByEmail(ctx context.Context, email string) (User, error) {
	row, err := one[User](ctx, u.db, selectUser+" WHERE email = $1", Email(email))
	if err != nil {
		return User{}, fault(orNo(err, ErrNoUser), "find user %s", email)
	}
	return row, nil
}

// List has every user, by id.
func (u Users) List(ctx context.Context) ([]User, error) {
	list, err := many[User](ctx, u.db, selectUser+" ORDER BY id")
	if err != nil {
		return nil, fault(err, "list users")
	}
	return list, nil
}

// UserDraft is what a new user is made of.
type UserDraft struct {
	Email, PasswordHash string
	Role                auth.Role
}

// Create answers ErrConflict when somebody has the address already, and ErrInvalid for what does not fit its column.
func (u Users) Create(ctx context.Context, d UserDraft) (User, error) {
	row, err := one[User](ctx, u.db, `
		INSERT INTO app_user (email, password_hash, role) VALUES ($1, $2, $3)
		ON CONFLICT (email) DO NOTHING
		RETURNING `+userColumns, Email(d.Email), d.PasswordHash, d.Role)
	if err != nil {
		return User{}, fault(orNo(err, ErrEmailTaken), "create user %s", d.Email)
	}
	return row, nil
}

// Rehash replaces a hash by another one of the same password, unless that was changed meanwhile.
func (u Users) Rehash(ctx context.Context, id int64, old, hash string) error {
	_, err := u.db.Exec(ctx, "UPDATE app_user SET password_hash = $3 WHERE id = $1 AND password_hash = $2", id, old, hash)
	if err != nil {
		return fault(err, "rehash the password of user %d", id)
	}
	return nil
}

// Disable keeps a user from logging in.
//
// Disable, Enable, SetRole and SetPassword end the user's sessions. They answer ErrNotFound when nobody has the address;
// what is as it should be already keeps the version.
func (u Users) Disable(ctx context.Context, email string) (User, error) {
	row, err := u.change(ctx, email, "active", false)
	if err != nil {
		return User{}, fault(err, "disable user %q", email)
	}
	return row, nil
}

// Enable lets a user who was disabled log in again.
func (u Users) Enable(ctx context.Context, email string) (User, error) {
	row, err := u.change(ctx, email, "active", true)
	if err != nil {
		return User{}, fault(err, "enable user %q", email)
	}
	return row, nil
}

// SetRole answers ErrInvalid for a role that there is not.
func (u Users) SetRole(ctx context.Context, email string, role auth.Role) (User, error) {
	row, err := u.change(ctx, email, "role", role)
	if err != nil {
		return User{}, fault(err, "change the role of user %q", email)
	}
	return row, nil
}

// SetPassword takes the hash of a password that is another one.
func (u Users) SetPassword(ctx context.Context, email, hash string) (User, error) {
	row, err := u.change(ctx, email, "password_hash", hash)
	if err != nil {
		return User{}, fault(err, "change the password of user %q", email)
	}
	return row, nil
}

// change ends the sessions in a statement of its own, which sees one that began while the row was awaited.
func (u Users) change(ctx context.Context, email, column string, value any) (row User, err error) {
	err = u.db.InTx(ctx, func(ctx context.Context) error {
		row, err = one[User](ctx, u.db, `
			UPDATE app_user SET
				`+column+` = $2,
				updated_at = CASE WHEN `+column+` = $2 THEN updated_at ELSE now() END,
				version = CASE WHEN `+column+` = $2 THEN version ELSE version + 1 END
			WHERE email = $1
			RETURNING `+userColumns, Email(email), value)
		if err != nil {
			return orNo(err, ErrNoUser)
		}
		_, err := u.db.Exec(ctx, "DELETE FROM session WHERE user_id = $1", row.ID)
		return err
	})
	return row, err
}
