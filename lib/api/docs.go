package api

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"html/template"
	"net/http"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"
	"github.com/swaggest/swgui"
	"github.com/swaggest/swgui/v5/static"
	"github.com/swaggest/swgui/v5emb"

	"example.com/app/lib/strict"
)

//go:embed redoc/redoc.standalone.js.gz
var redocScript []byte

//go:embed pages/redoc.html
var redocPage string

//go:embed pages/problems.html
var problemsPage string

const asyncAPIPath = "/asyncapi.json"

// serveDocs adds the pages about the API. They load nothing from other hosts, and their policy forbids it.
func (s *server) serveDocs() {
	s.serveDocument(s.document.json, "/openapi.json", "/swagger.json")
	if s.AsyncAPI != nil {
		s.serveDocument(s.AsyncAPI, asyncAPIPath)
	}

	swagger := v5emb.NewHandlerWithConfig(swgui.Config{
		Title: s.Title, SwaggerJSON: "/openapi.json", BasePath: "/docs/",
		SettingsUI: map[string]string{"defaultModelsExpandDepth": "1"},
	})
	s.both("/docs", html(rendered(swagger)))
	for _, asset := range assets() {
		s.page("/docs/"+asset, checked(echo.WrapHandler(swagger)))
	}
	s.page("/swagger", toDocs)
	s.page("/swagger/*", toDocs)

	s.both("/redoc", html(execute(redocPage, s)))
	s.page("/redoc/redoc.standalone.js", redoc)
}

func (s *server) serveDocument(document func() ([]byte, error), paths ...string) {
	once, kind := sync.OnceValues(document), []string{echo.MIMEApplicationJSON}
	for _, path := range paths {
		s.page(path, func(c echo.Context) error {
			body, err := once()
			if err != nil {
				return err
			}
			return send(c, http.StatusOK, kind, body)
		})
	}
}

// serveProblems adds the page that the type of every problem leads to.
func (s *server) serveProblems() {
	s.both("/problems", html(execute(problemsPage, map[string]any{
		"Title": s.Title, "Codes": codesWith(s.Errors),
		"Rules": append(strict.Codes(),
			strict.Problem{Code: "cursor", Detail: "The cursor is not one that this list gave."},
			strict.Problem{Code: "reused", Detail: "The Idempotency-Key was used for another request."}),
	})))
}

// assets are the files of Swagger UI, which are embedded compressed and served under their own names.
func assets() []string {
	files, err := static.FS.ReadDir(".")
	if err != nil {
		panic(err) // they are part of the program
	}
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = strings.TrimSuffix(f.Name(), ".gz")
	}
	return names
}

// both serves a page with and without a slash at the end.
func (s *server) both(path string, h echo.HandlerFunc) {
	s.page(path, h)
	s.page(path+"/", h)
}

func (s *server) page(path string, h echo.HandlerFunc) {
	s.places[path] = &place{pattern: path, quiet: true}
	s.echo.GET(path, h)
	s.echo.HEAD(path, h)
}

// checked lets a browser keep what has a tag, and ask each time whether it is still the newest.
func checked(h echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set(echo.HeaderCacheControl, "no-cache")
		return h(c)
	}
}

func toDocs(c echo.Context) error { return c.Redirect(http.StatusFound, "/docs") }

// html serves a page that never changes.
func html(page []byte) echo.HandlerFunc {
	policy, kind := contentPolicy(page), []string{echo.MIMETextHTMLCharsetUTF8}
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set(echo.HeaderContentSecurityPolicy, policy)
		h.Set(echo.HeaderReferrerPolicy, "no-referrer")
		return send(c, http.StatusOK, kind, page)
	}
}

func execute(text string, data any) []byte {
	var b bytes.Buffer
	if err := template.Must(template.New("page").Parse(text)).Execute(&b, data); err != nil {
		panic(err) // the page is part of the program
	}
	return b.Bytes()
}

func redoc(c echo.Context) error {
	h := c.Response().Header()
	h.Set(echo.HeaderCacheControl, "max-age=86400")
	if acceptsGzip(c.Request().Header) {
		h.Set(echo.HeaderContentEncoding, "gzip")
		return c.Blob(http.StatusOK, "text/javascript; charset=utf-8", redocScript)
	}
	plain, err := gzip.NewReader(bytes.NewReader(redocScript))
	if err != nil {
		return err
	}
	return c.Stream(http.StatusOK, "text/javascript; charset=utf-8", plain)
}
