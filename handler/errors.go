package handler

import (
	"net/http"

	"example.com/app/lib/api"
	"example.com/app/lib/auth"
	"example.com/app/lib/coalesce"
	"example.com/app/lib/cpu"
	"example.com/app/lib/outgoing"
	"example.com/app/lib/worldtime"
	"example.com/app/models"
)

// Errors is the one place where an error becomes a status; what is not listed is a 500.
func Errors() []api.ErrorStatus {
	return []api.ErrorStatus{
		{Err: models.ErrNoStudent, Status: http.StatusNotFound, Code: "not_found"},
		{Err: models.ErrNoImport, Status: http.StatusNotFound, Code: "not_found"},
		{Err: models.ErrNoUser, Status: http.StatusNotFound, Code: "not_found"},
		{Err: models.ErrNoAccount, Status: http.StatusNotFound, Code: "not_found"},
		{Err: models.ErrNoOrder, Status: http.StatusNotFound, Code: "not_found"},
		{Err: models.ErrNoPost, Status: http.StatusNotFound, Code: "not_found"},
		{Err: models.ErrNotFound, Status: http.StatusNotFound, Code: "not_found"},
		{Err: models.ErrEmailTaken, Status: http.StatusConflict, Code: "conflict"},
		{Err: models.ErrConflict, Status: http.StatusConflict, Code: "conflict"},
		{Err: models.ErrStudentStale, Status: http.StatusPreconditionFailed, Code: "stale"},
		{Err: models.ErrStale, Status: http.StatusPreconditionFailed, Code: "stale"},
		{Err: models.ErrImportEmpty, Status: http.StatusUnprocessableEntity, Code: "import_empty"},
		{Err: models.ErrImportLarge, Status: http.StatusUnprocessableEntity, Code: "import_large"},
		{Err: models.ErrInvalid, Status: http.StatusUnprocessableEntity, Code: "invalid"},
		{Err: coalesce.ErrUnknown, Status: http.StatusServiceUnavailable, Code: "outcome_unknown", Unknown: true},
		{Err: auth.ErrNobody, Status: http.StatusUnauthorized, Code: "unauthorized"},
		{Err: auth.ErrCredentials, Status: http.StatusUnauthorized, Code: "credentials"},
		{Err: auth.ErrRefresh, Status: http.StatusUnauthorized, Code: "refresh_token"},
		{Err: auth.ErrSlow, Status: http.StatusTooManyRequests, Code: "too_many_attempts"},
		{Err: worldtime.ErrNoZone, Status: http.StatusNotFound, Code: "not_found"},
		{Err: errNoPages, Status: http.StatusServiceUnavailable, Code: "not_configured"},
		{Err: outgoing.ErrNotFound, Status: http.StatusNotFound, Code: "not_found"},
		{Err: outgoing.ErrFault, Status: http.StatusBadGateway, Code: "upstream_fault"},
		{Err: outgoing.ErrUnreachable, Status: http.StatusBadGateway, Code: "upstream_unreachable"},
		{Err: outgoing.ErrTimeout, Status: http.StatusGatewayTimeout, Code: "upstream_timeout"},
		{Err: outgoing.ErrUnavailable, Status: http.StatusServiceUnavailable, Code: "upstream_unavailable"},
		{Err: cpu.ErrBusy, Status: http.StatusServiceUnavailable, Code: "busy"},
	}
}
