package handler

import (
	"net/http"

	"example.com/app/lib/api"
	"example.com/app/models"
)

// Errors is the one place where an error becomes a status; what is not listed is a 500.
func Errors() []api.ErrorStatus {
	return []api.ErrorStatus{
		{Err: models.ErrNotFound, Status: http.StatusNotFound, Code: "not_found"},
		{Err: models.ErrStale, Status: http.StatusPreconditionFailed, Code: "stale"},
		{Err: models.ErrImportEmpty, Status: http.StatusUnprocessableEntity, Code: "import_empty"},
		{Err: models.ErrImportLarge, Status: http.StatusUnprocessableEntity, Code: "import_large"},
		{Err: models.ErrInvalid, Status: http.StatusUnprocessableEntity, Code: "invalid"},
	}
}
