// Package handler answers HTTP requests.
package handler

import (
	"net/http"

	"example.com/app/lib/api"
	"example.com/app/lib/auth"
	"example.com/app/lib/pg"
	"example.com/app/models"
)

// Routes is the table of the API.
func Routes(root *api.Group, db *pg.DB) {
	students := students{store: models.NewStudents(db)}
	history := history{store: models.NewStudentEvents(db)}
	imports := imports{store: models.NewStudentImports(db)}

	g := root.Group("/students", "students")
	api.Get(g, "", "listStudents", "List students", students.list, api.Role(auth.Reader))
	api.Post(g, "", "createStudent", "Create a student", students.create, api.Role(auth.Editor))
	api.Get(g, "/{id}", "showStudent", "Show a student", students.show, api.Role(auth.Reader))
	api.Patch(g, "/{id}", "updateStudent", "Change a student", students.update, api.Role(auth.Editor),
		api.Description("Members that are left out stay as they are. With If-Match, a change that was made meanwhile is not overwritten."))
	api.Delete(g, "/{id}", "deleteStudent", "Make a student inactive", students.delete, api.Role(auth.Editor),
		api.Description("The student stays, and PATCH can make it active again. Doing this twice changes nothing more."))
	api.Get(g, "/{id}/events", "listStudentEvents", "List what happened to a student", history.list, api.Role(auth.Reader),
		api.Description("By version. Events are kept a moment after the change, and one that was overtaken appears between those that are there."))

	files := g.Group("/imports", "imports")
	api.Post(files, "", "importStudents", "Create students from a file", imports.create, api.Role(auth.Editor),
		api.Status(http.StatusAccepted), api.BodyLimit(ImportBytes), api.Deadline(importTime),
		api.Description("Takes all rows that keep the rules, or none when the file does not arrive whole. The students come a little later: the import tells how many are there."))
	api.Get(files, "/{id}", "showImport", "Show how far an import has come", imports.show, api.Role(auth.Reader))
}
