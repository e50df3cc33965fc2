package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"

	"github.com/labstack/echo/v4"
	"github.com/swaggest/openapi-go/openapi31"

	"example.com/app/lib/auth"
)

// access is who may use a route. Its zero value is not decided yet.
type access struct {
	role   auth.Role
	public bool
}

// Role lets those use a route whose role covers r. Every route has this or Public.
func Role(r auth.Role) Option { return func(route *route) { route.access.role = r } }

// Public lets everybody use a route; a token that comes along is not looked at.
func Public() Option { return func(route *route) { route.access.public = true } }

func (a access) check() error {
	if a.public == (a.role != "") {
		return errors.New("it needs either api.Role or api.Public")
	}
	if !a.public && !auth.Admin.Covers(a.role) {
		return fmt.Errorf("the role %q does not exist", a.role)
	}
	return nil
}

// exclusive tells whether a route refuses some of those who have logged in.
func (a access) exclusive() bool { return !a.public && a.role != auth.Reader }

// challenge is the WWW-Authenticate of RFC 6750; its error is left out for who has shown no token at all.
const challenge = "Bearer"

func unauthorized(challenge, detail string) *refusal {
	return &refusal{
		status: http.StatusUnauthorized, code: codeUnauthorized, detail: detail,
		header: [2]string{echo.HeaderWWWAuthenticate, challenge},
	}
}

func (a access) forbidden() *refusal {
	return &refusal{
		status: http.StatusForbidden, code: codeForbidden, detail: "this needs the role " + string(a.role),
		header: [2]string{echo.HeaderWWWAuthenticate, challenge + ` error="insufficient_scope", scope="` + string(a.role) + `"`},
	}
}

// admit tells who asks, in the context for the handler and in the visit for the access line, or refuses.
func (r *route) admit(ctx context.Context, c echo.Context) (context.Context, error) {
	authenticate := r.server.Authenticate
	if authenticate == nil || r.access.public {
		return ctx, nil
	}
	c.Response().Header()["Vary"] = visitOf(ctx).policy.varyWho
	token, ok := bearer(c.Request().Header)
	if !ok {
		return ctx, unauthorized(challenge, "this needs an access token: Authorization: Bearer …")
	}

	who, err := authenticate(ctx, token)
	if errors.Is(err, auth.ErrToken) {
		return ctx, unauthorized(challenge+` error="invalid_token"`, auth.ErrToken.Error())
	}
	if err != nil {
		return ctx, err
	}
	if err := visitOf(ctx).identify(who.User); err != nil {
		return ctx, err
	}
	if !who.Role.Covers(r.access.role) {
		return ctx, r.access.forbidden()
	}
	return auth.With(ctx, who), nil
}

// bearer is the token of the one header Authorization, if that has one.
func bearer(h http.Header) (token string, ok bool) {
	given := h["Authorization"]
	if len(given) == 0 {
		return "", false
	}
	scheme, token, _ := strings.Cut(given[0], " ")
	if !strings.EqualFold(scheme, challenge) {
		return "", false
	}
	if len(given) > 1 {
		return "", true // no token is valid that comes beside another
	}
	return strings.TrimSpace(token), true
}

// Client is who sends the request of a handler's context: an address, or the network of IPv6 that one client has to itself.
func Client(ctx context.Context) netip.Addr { return network(visitOf(ctx).client) }

const securityScheme = "bearer"

func (d *document) describeSecurity() {
	d.reflector.Spec.SetHTTPBearerTokenSecurity(securityScheme, "JWT",
		"The access_token of a log-in. A role may do what the ones before it may: reader, editor, admin.")
}

// describe says in an operation who may use it.
func (a access) describe(o *openapi31.Operation) {
	if a.public {
		return
	}
	o.WithSecurity(map[string][]string{securityScheme: {string(a.role)}})
	o.WithMapOfAnythingItem("x-role", a.role)
	text := "Needs the role " + string(a.role) + "."
	if o.Description != nil {
		text = *o.Description + "\n\n" + text
	}
	o.WithDescription(text)
}
