// Package handler answers HTTP requests.
package handler

import (
	"net/http"

	"example.com/app/lib/api"
	"example.com/app/lib/auth"
	"example.com/app/lib/cpu"
	"example.com/app/lib/pg"
	"example.com/app/models"
)

// Routes is the table of the API. What burns the processor for long runs on pool; gate knows the sessions of those who
// have logged in, and brake who has failed to; what other systems tell comes by way of u.
func Routes(root *api.Group, db *pg.DB, pool *cpu.Pool, gate *auth.Gate, brake *auth.Brake, u Upstreams) {
	students, history := students{store: models.NewStudents(db)}, history{store: models.NewStudentEvents(db)}
	g := root.Group("/students", "students")
	api.Get(g, "", "listStudents", "List students", students.list, api.Role(auth.Reader))
	api.Post(g, "", "createStudent", "Create a student", students.create, api.Role(auth.Editor), api.Idempotent())
	api.Get(g, "/{id}", "showStudent", "Show a student", students.show, api.Role(auth.Reader))
	api.Patch(g, "/{id}", "updateStudent", "Change a student", students.update, api.Role(auth.Editor),
		api.Description("Members that are left out stay as they are. With If-Match, a change that was made meanwhile is not overwritten."))
	api.Delete(g, "/{id}", "deleteStudent", "Make a student inactive", students.delete, api.Role(auth.Editor),
		api.Description("The student stays, and PATCH can make it active again. Doing this twice changes nothing more."))
	api.Get(g, "/{id}/events", "listStudentEvents", "List what happened to a student", history.list, api.Role(auth.Reader),
		api.Description("By version. Events are kept a moment after the change, and one that was overtaken appears between those that are there."))

	imports := newImports(models.NewStudentImports(db), pool)
	g = root.Group("/students/imports", "imports")
	api.PostPrepared(g, "", "importStudents", "Create students from a file", imports.prepare, imports.create, api.Role(auth.Editor),
		api.Idempotent(), api.Status(http.StatusAccepted), api.BodyLimit(ImportBytes), api.Deadline(importTime),
		api.Description("Takes all rows that keep the rules, or none when the file does not arrive whole. The students come a little later: the import tells how many are there."))
	api.Get(g, "/{id}", "showImport", "Show how far an import has come", imports.show, api.Role(auth.Reader))

	accounts := accounts{store: models.NewAccounts(db)}
	g = root.Group("/accounts", "accounts")
	api.Get(g, "", "listAccounts", "List accounts", accounts.list, api.Role(auth.Reader))
	api.Post(g, "", "createAccount", "Create an account", accounts.create, api.Role(auth.Editor), api.Idempotent())
	api.Get(g, "/{account_id}", "showAccount", "Show an account", accounts.show, api.Role(auth.Reader))
	OrderRoutes(g.Group("/{account_id}/orders", "orders", api.NewLoader(accounts.load)), db)

	posts := posts{store: models.NewPosts(db)}
	g = root.Group("/posts", "posts")
	api.Get(g, "", "listPosts", "List posts", posts.list, api.Role(auth.Reader))
	api.Post(g, "", "createPost", "Create a post", posts.create, api.Role(auth.Editor), api.Idempotent())
	api.Get(g, "/{id}", "showPost", "Show a post and its features", posts.show, api.Role(auth.Reader))
	featured := featured{u.Pages}
	api.Get(g, "/featured", "listFeaturedPosts", "List what an app store features", featured.list,
		api.Role(auth.Reader), api.Upstream(),
		api.Description("As the service of pages tells it, the first first. 404 says that it knows no such store or country."))

	states, timezones := states{u.States}, timezones{u.Time}
	api.Get(root.Group("/states", "localities"), "", "listStates", "List states, cities and districts", states.list,
		api.Role(auth.Reader), api.Upstream(), api.Deadline(statesTime),
		api.Description("Of Brazil, in the order of its institute of statistics. What has become old is handed out while it is renewed; only whoever asks first waits."))
	api.Get(root.Group("/timezone", "time zones"), "", "showTimezone", "Show the time in a zone", timezones.show,
		api.Role(auth.Reader), api.Upstream())

	passwords := auth.NewPasswords(pool)
	users := users{store: models.NewUsers(db), passwords: passwords}
	g = root.Group("/users", "users")
	api.Post(g, "", "createUser", "Create a user", users.create, api.Role(auth.Admin))
	api.Get(g, "/{id}", "showUser", "Show a user", users.show, api.Role(auth.Admin))
	api.Get(root.Group("/me", "users"), "", "showMe", "Show who has logged in", users.me, api.Role(auth.Reader))

	sessions := sessions{
		store: models.NewSessions(db), users: users.store, passwords: passwords, gate: gate, brake: brake,
	}
	g = root.Group("/sessions", "sessions")
	api.Post(g, "", "createSession", "Log in", sessions.create, api.Public(),
		api.Description("Whether the user is unknown, the password wrong or the user disabled is not told. After some failures the next attempt has to wait, longer each time."))
	api.Post(g, "/refresh", "refreshSession", "Go on with a session", sessions.refresh, api.Public(), api.Status(http.StatusOK),
		api.Description("A refresh token is good once: one that comes again may be stolen, and ends the session."))
	api.Delete(g, "", "deleteSession", "Log out", sessions.delete, api.Role(auth.Reader),
		api.Description("Ends the session of the access token. Its tokens are good for nothing from now on, in other processes a few seconds later."))
}

// OrderRoutes is the branch of an account's orders. It grows wherever a guard of g loads a models.Account, and its orders are
// those of that account; without such a guard it panics.
func OrderRoutes(g *api.Group, db *pg.DB) {
	orders := orders{store: models.NewOrders(db)}
	api.Get(g, "", "listOrders", "List an account's orders", orders.list, api.Role(auth.Reader))
	api.Post(g, "", "createOrder", "Create an order", orders.create, api.Role(auth.Editor), api.Idempotent())
	api.Get(g, "/{order_id}", "showOrder", "Show an order", orders.show, api.Role(auth.Reader))
}
