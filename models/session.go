package models

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"example.com/app/lib/auth"
	"example.com/app/lib/pg"
)

// ErrReused means that a refresh token came a second time, from its owner or from a thief.
var ErrReused = errors.New("it was used already")

// Sessions are the rows of the table session, with the refresh tokens that belong to each. What has ended is deleted.
type Sessions struct {
	db *pg.DB
}

// NewSessions reads and writes through db.
func NewSessions(db *pg.DB) Sessions { return Sessions{db: db} }

// Find tells whose a session is, with the role of the moment. It answers ErrNotFound when the session has ended or its
// user is disabled.
func (s Sessions) Find(ctx context.Context, id uuid.UUID) (auth.Identity, error) {
	who := auth.Identity{Session: id}
	err := s.db.QueryRow(ctx, `
		SELECT app_user.id, role FROM session JOIN app_user ON app_user.id = user_id
		WHERE session.id = $1 AND expires_at > now() AND active`, id).
		Scan(&who.User, &who.Role)
	if err != nil {
		return auth.Identity{}, fault(err, "find session %s", id)
	}
	return who, nil
}

// Create begins a session of user, with its first refresh token. It answers ErrNotFound when the user has changed since it
// was read: what ended the other sessions meanwhile is meant for this one, too.
func (s Sessions) Create(ctx context.Context, user User, refreshHash []byte) (auth.Identity, error) {
	id, err := uuid.NewRandom()
	if err != nil {
		return auth.Identity{}, fault(err, "name a session")
	}
	tag, err := s.db.Exec(ctx, `
		WITH same AS (SELECT id FROM app_user WHERE id = $2 AND version = $5 FOR SHARE),
		begun AS (
			INSERT INTO session (id, user_id, expires_at) SELECT $1, id, now() + $3::interval FROM same RETURNING id
		)
		INSERT INTO refresh_token (hash, session_id) SELECT $4, id FROM begun`,
		id, user.ID, auth.RefreshTime, refreshHash, user.Version)
	if err == nil && tag.RowsAffected() == 0 {
		err = ErrNoUser
	}
	if err != nil {
		return auth.Identity{}, fault(err, "create a session of user %d", user.ID)
	}
	return auth.Identity{User: user.ID, Session: id, Role: user.Role}, nil
}

// Rotate puts the refresh token next in the place of old, and tells whose session it is. It answers ErrNotFound when old is
// unknown, has expired or belongs to a disabled user. One that was used before ends the session, in whose name ErrReused
// is then answered.
func (s Sessions) Rotate(ctx context.Context, old, next []byte) (who auth.Identity, err error) {
	reused := false
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		who, reused, err = s.rotate(ctx, old, next)
		return err
	})
	switch {
	case err != nil:
		return auth.Identity{}, fault(err, "rotate a refresh token")
	case reused:
		return who, fault(ErrReused, "rotate a refresh token of session %s", who.Session)
	default:
		return who, nil
	}
}

// rotate locks the session first, as End does: of two who bring the same token at once, one is the second.
func (s Sessions) rotate(ctx context.Context, old, next []byte) (who auth.Identity, reused bool, err error) {
	err = s.db.QueryRow(ctx, `
		SELECT app_user.id, session.id, role FROM session JOIN app_user ON app_user.id = user_id
		WHERE session.id = (SELECT session_id FROM refresh_token WHERE hash = $1) AND expires_at > now() AND active
		FOR UPDATE OF session`, old).
		Scan(&who.User, &who.Session, &who.Role)
	if err != nil {
		return who, false, err
	}

	tag, err := s.db.Exec(ctx, `
		WITH used AS (
			UPDATE refresh_token SET used_at = now() WHERE hash = $1 AND used_at IS NULL RETURNING session_id
		),
		refreshed AS (UPDATE session SET expires_at = now() + $3::interval FROM used WHERE id = session_id)
		INSERT INTO refresh_token (hash, session_id) SELECT $2, session_id FROM used`, old, next, auth.RefreshTime)
	if err != nil || tag.RowsAffected() > 0 {
		return who, false, err
	}
	return who, true, s.End(ctx, who.Session)
}

// End ends a session with all its tokens; one that has ended already is fine.
func (s Sessions) End(ctx context.Context, id uuid.UUID) error {
	_, err := s.db.Exec(ctx, "DELETE FROM session WHERE id = $1", id)
	if err != nil {
		return fault(err, "end session %s", id)
	}
	return nil
}

// ForgetExpired deletes sessions that nobody has refreshed in time, at most limit, and tells how many.
func (s Sessions) ForgetExpired(ctx context.Context, limit int) (int64, error) {
	tag, err := s.db.Exec(ctx, `
		DELETE FROM session WHERE id = ANY (ARRAY (
			SELECT id FROM session WHERE expires_at < now() LIMIT $1))`, limit)
	if err != nil {
		return 0, fault(err, "forget sessions")
	}
	return tag.RowsAffected(), nil
}

// ForgetUsed deletes refresh tokens that were used longer ago than keep, at most limit, and tells how many. One that comes
// again later is unknown, and ends no session.
func (s Sessions) ForgetUsed(ctx context.Context, keep time.Duration, limit int) (int64, error) {
	tag, err := s.db.Exec(ctx, `
		DELETE FROM refresh_token WHERE hash = ANY (ARRAY (
			SELECT hash FROM refresh_token WHERE used_at < now() - $1::interval LIMIT $2))`, keep, limit)
	if err != nil {
		return 0, fault(err, "forget refresh tokens")
	}
	return tag.RowsAffected(), nil
}
