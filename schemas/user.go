package schemas

import (
	"time"

	"example.com/app/lib/auth"
	"example.com/app/models"
)

// UserIn creates a user.
type UserIn struct {
	Email    string    `json:"email" validate:"required,email,max=254" mod:"trim" doc:"Stored in lower case, without the white space around it. Nobody else has it."`
	Password string    `json:"password" validate:"required,min=12,max=128" format:"password" doc:"12 to 128 characters, white space among them."`
	Role     auth.Role `json:"role" validate:"required,oneof=reader editor admin" doc:"Each may do what the ones before it may."`
}

// UserOut is a user as admins see it, and everybody themselves.
type UserOut struct {
	ID        int64     `json:"id" doc:"Given by the service."`
	Email     string    `json:"email"`
	Role      auth.Role `json:"role" doc:"reader, editor or admin."`
	Active    bool      `json:"active" doc:"False for one who may not log in any more."`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	Version   int64     `json:"-" header:"ETag" doc:"Changes with every change of the user."`
}

// NewUserOut leaves the hash of the password out.
func NewUserOut(row models.User) UserOut {
	return UserOut{
		ID: row.ID, Email: row.Email, Role: row.Role, Active: row.Active,
		CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt, Version: row.Version,
	}
}

// UserID names one user by its path.
type UserID struct {
	ID int64 `path:"id" doc:"The user's id."`
}
