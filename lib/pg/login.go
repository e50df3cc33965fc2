package pg

import (
	"errors"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// LoginOf reads a URL as Open does, the PG* variables of the environment and the files that it names too, and does not
// connect. The error says what is wrong with it and holds no part of the URL but a parameter's value.
func LoginOf(address string) (*url.Userinfo, error) {
	c, err := pgxpool.ParseConfig(address)
	if parse, ok := errors.AsType[*pgconn.ParseConfigError](err); ok {
		return nil, errors.New(reasonOf(parse))
	}
	if err != nil {
		return nil, err
	}
	return url.UserPassword(c.ConnConfig.User, c.ConnConfig.Password), nil
}

// reasonOf is the text without the URL, which stands before it in backquotes. An @ among the parameters is most often a part of
// a password with a ?, and a reason might then quote it.
func reasonOf(err *pgconn.ParseConfigError) string {
	if _, query, _ := strings.Cut(err.ConnString, "?"); strings.Contains(query, "@") {
		return "the special characters in its password must be percent-encoded"
	}
	text := err.Error()
	if i := strings.LastIndex(text, "`: "); i >= 0 {
		return text[i+len("`: "):]
	}
	return text
}
