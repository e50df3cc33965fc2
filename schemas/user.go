package schemas

import (
	"time"

	"example.com/app/lib/auth"
	"example.com/app/models"
)

// UserIn creates a user.
type UserIn struct {
	Email    string    `json:"email" validate:"required,email,max=254" mod:"trim" example:"grace@example.com" doc:"Stored in lower case, without the white space around it. Nobody else has it."`
	Password string    `json:"password" validate:"required,min=12,max=128" format:"password" doc:"12 to 128 characters, white space among them."`
	Role     auth.Role `json:"role" validate:"required,oneof=reader editor admin" doc:"Each may do what the ones before it may."`
}

// PasswordIn is a new password of a user.
type PasswordIn struct {
	Password string `json:"password" validate:"required,min=12,max=128" format:"password"`
}

// MeOut is a user as they see themselves. No field is its ETag, which is thus made of all of it: two users may be at the
// same version, and a browser asks with the tag that its last user was sent.
type MeOut struct {
	ID        int64     `json:"id" doc:"Given by the service."`
	Email     string    `json:"email"`
	Role      auth.Role `json:"role" enum:"reader,editor,admin"`
	Active    bool      `json:"active" doc:"False for one who may not log in any more."`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// NewMeOut leaves the hash of the password out.
func NewMeOut(row models.User) MeOut {
	return MeOut{
		ID: row.ID, Email: row.Email, Role: row.Role, Active: row.Active,
		CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt,
	}
}

// UserOut is a user as admins see it.
type UserOut struct {
	MeOut
	Version int64 `json:"-" header:"ETag" doc:"Changes with every change of the user."`
}

// NewUserOut is what NewMeOut makes, with the version.
func NewUserOut(row models.User) UserOut {
	return UserOut{MeOut: NewMeOut(row), Version: row.Version}
}

// UserID names one user by its path.
type UserID struct {
	ID int64 `path:"id" doc:"The user's id."`
}
