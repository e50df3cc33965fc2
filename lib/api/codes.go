package api

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
)

// Codes of the problems that the machinery itself answers with.
const (
	codeMalformed    = "malformed"
	codeUnauthorized = "unauthorized"
	codeForbidden    = "forbidden"
	codeNotFound     = "not_found"
	codeMethod       = "method_not_allowed"
	codeSlow         = "request_timeout"
	codeInProgress   = "in_progress"
	codeTooLarge     = "too_large"
	codeMediaType    = "media_type"
	codeInvalid      = "invalid"
	codeTooMany      = "too_many_requests"
	codeInternal     = "internal"
	codeUnavailable  = "unavailable"
	codeTimeout      = "timeout"
)

// codeHelp is one line of the page about problems.
type codeHelp struct {
	Code   string
	Status int
	Help   string
}

// typeOf is where the page about problems explains a code.
func typeOf(code string) string { return "/problems#" + code }

// asSentence makes a sentence of an error's text.
func asSentence(text string) string { return strings.ToUpper(text[:1]) + text[1:] + "." }

// codesWith lists every code that an API with these errors answers with, by status.
func codesWith(errors []ErrorStatus) []codeHelp {
	all := []codeHelp{
		{codeMalformed, http.StatusBadRequest, "The body is no JSON document, repeats a member or goes on after its end; or a cursor is not ours."},
		{codeUnauthorized, http.StatusUnauthorized, "The route needs an access token, and there is none, or one that is not valid any more. WWW-Authenticate says which."},
		{codeForbidden, http.StatusForbidden, "Whoever has logged in lacks the role that the route needs."},
		{codeNotFound, http.StatusNotFound, "There is nothing at this path."},
		{codeMethod, http.StatusMethodNotAllowed, "The path exists and does not take this method. Allow lists those that it takes."},
		{codeSlow, http.StatusRequestTimeout, "The body did not come in time."},
		{codeInProgress, http.StatusConflict, "Another request with the same Idempotency-Key is being answered. Try again after Retry-After seconds."},
		{codeTooLarge, http.StatusRequestEntityTooLarge, "The body is larger than this route takes."},
		{codeMediaType, http.StatusUnsupportedMediaType, "The body is not what this route takes, application/json as a rule, in UTF-8; or it is compressed. Accept or Accept-Encoding says what it takes."},
		{codeInvalid, http.StatusUnprocessableEntity, "Something in body, query or headers breaks a rule. The list errors has all of it."},
		{codeTooMany, http.StatusTooManyRequests, "This client, or this user, asks more often than it may. Retry-After says for how many seconds to wait."},
		{codeInternal, http.StatusInternalServerError, "Our fault. The request_id finds it in our log."},
		{codeUnavailable, http.StatusServiceUnavailable, "Something that the service needs does not answer. Try again after Retry-After seconds."},
		{codeTimeout, http.StatusGatewayTimeout, "The answer was not ready in time. Whether the request took effect is unknown."},
	}
	for _, e := range slices.Backward(errors) { // the general error comes after those of a kind, and explains the code
		if !slices.ContainsFunc(all, func(known codeHelp) bool { return known.Code == e.Code }) {
			all = append(all, codeHelp{e.Code, e.Status, asSentence(e.Err.Error())})
		}
	}
	slices.SortStableFunc(all, func(a, b codeHelp) int { return cmp.Compare(a.Status, b.Status) })
	return all
}
