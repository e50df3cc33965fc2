package schemas

import (
	"time"

	"example.com/app/lib/auth"
)

// SessionIn logs in.
type SessionIn struct {
	Email    string `json:"email" validate:"required,max=254" mod:"trim" example:"ada@example.com" doc:"Whatever its case."`
	Password string `json:"password" validate:"required,max=128" format:"password" example:"correct horse battery staple" doc:"With its white space."`
}

// RefreshIn goes on with a session.
type RefreshIn struct {
	RefreshToken string `json:"refresh_token" validate:"required,max=64" format:"password" doc:"The newest one of the session. It is good for one request."`
}

// SessionOut are the tokens of a session, which nobody else may see.
type SessionOut struct {
	AccessToken  string `json:"access_token" doc:"For the header Authorization: Bearer …"`
	RefreshToken string `json:"refresh_token" doc:"For the next tokens, within 30 days."`
	TokenType    string `json:"token_type" enum:"Bearer"`
	ExpiresIn    int    `json:"expires_in" doc:"Seconds that the access token is good for."`
}

// NewSessionOut has the lifetime of every access token.
func NewSessionOut(access, refresh string) SessionOut {
	return SessionOut{
		AccessToken: access, RefreshToken: refresh, TokenType: "Bearer",
		ExpiresIn: int(auth.AccessTime / time.Second),
	}
}
