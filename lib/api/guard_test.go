package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"example.com/app/lib/api"
	"example.com/app/lib/api/apitest"
	"example.com/app/lib/auth"
)

// Box is what guards load, and Items are behind it.
type Box struct{ Name string }

type InBox struct {
	Box Box `from:"guard"`
}

type ItemID struct {
	InBox
	ID int `path:"item_id"`
}

type ItemQuery struct {
	InBox
	After api.Cursor[int64] `query:"after"`
}

type ItemIn struct {
	InBox
	Note string `json:"note" validate:"required"`
}

type ItemOut struct {
	ID   int    `json:"id"`
	Box  string `json:"box"`
	Note string `json:"note"`
}

type BoxID struct {
	Name string `path:"box"`
}

func items(g *api.Group) {
	api.Get(g, "", "listItems", "List items", func(_ context.Context, in *ItemQuery) (Page[ItemOut], error) {
		return Page[ItemOut]{Items: []ItemOut{{Box: in.Box.Name}}, Next: &api.Cursor[int64]{Key: in.After.Key + 1}}, nil
	}, api.Role(auth.Reader))
	api.Post(g, "", "createItem", "Create an item", func(_ context.Context, in *ItemIn) (ItemOut, error) {
		return ItemOut{ID: 7, Box: in.Box.Name, Note: in.Note}, nil
	}, api.Role(auth.Editor))
	api.Get(g, "/{item_id}", "showItem", "Show an item", func(_ context.Context, in *ItemID) (ItemOut, error) {
		return ItemOut{ID: in.ID, Box: in.Box.Name}, nil
	}, api.Role(auth.Reader))
}

// boxes mounts the items below a box that the path names, and below one that nobody names.
func boxes(t *testing.T) *site {
	t.Helper()
	l := new(logs)
	root := api.New(options(l))
	items(root.Group("/boxes/{box}/items", "items", api.NewLoader(func(_ context.Context, in *BoxID) (Box, error) {
		if in.Name == "gone" {
			return Box{"leaked"}, fmt.Errorf("find box %s: %w", in.Name, errAbsent)
		}
		return Box(*in), nil
	})))
	items(root.Group("/mine/items", "items", api.NewLoader(func(context.Context, *struct{}) (Box, error) {
		return Box{"mine"}, nil
	})))
	items(root.Group("/closed/items", "items", api.NewLoader(func(context.Context, *struct{}) (Box, error) {
		return Box{"closed"}, errAbsent
	})))
	return &site{root, l, apitest.Handler(t, root)}
}

func TestRoutesTakeWhatTheirOwnGuardHasLoaded(t *testing.T) {
	t.Parallel()
	s := boxes(t)
	for path, box := range map[string]string{"/boxes/red/items": "red", "/boxes/blue/items": "blue", "/mine/items": "mine"} {
		for _, w := range []*struct{ method, path, body string }{
			{"GET", path, ""}, {"GET", path + "/3", ""}, {"POST", path, `{"note": "a"}`},
		} {
			got := s.do(t, w.method, "/api/v1"+w.path, w.body)
			if got.Code >= 300 || !strings.Contains(got.Body.String(), `"box":"`+box+`"`) {
				t.Errorf("%s %s answers %d %s", w.method, w.path, got.Code, got.Body)
			}
		}
	}
}

func TestNothingIsReachedPastAGuard(t *testing.T) {
	t.Parallel()
	s := boxes(t)
	for _, path := range []string{"/boxes/gone/items", "/closed/items"} {
		for _, w := range []*struct{ method, path, body string }{
			{"GET", path, ""},
			{"HEAD", path, ""},
			{"GET", path + "/3", ""},
			{"POST", path, `{"note": "a"}`},
			{"GET", path + "?after=x&unknown=1", ""},
			{"POST", path, `{`},
		} {
			got := s.do(t, w.method, "/api/v1"+w.path, w.body)
			if got.Code != http.StatusNotFound || strings.Contains(got.Body.String(), "leaked") {
				t.Errorf("%s %s answers %d %s", w.method, w.path, got.Code, got.Body)
			}
		}
	}
}

func TestWhatAGuardLoadsCannotBeSent(t *testing.T) {
	t.Parallel()
	s := boxes(t)
	for _, body := range []string{`{"note": "a", "Box": {"Name": "b"}}`, `{"note": "a", "box": "b"}`, `{"note": "a", "InBox": {}}`} {
		if w := s.do(t, "POST", "/api/v1/mine/items", body); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s is answered %d %s", body, w.Code, w.Body)
		}
	}
	if w := s.do(t, "GET", "/api/v1/mine/items?Box=b", ""); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
	if _, body := document(t, s); strings.Contains(string(body), "InBox") || strings.Contains(string(body), `"Box"`) {
		t.Errorf("the document shows what guards load: %s", body)
	}
}

func TestCursorOfOneMountIsNoneOfAnother(t *testing.T) {
	t.Parallel()
	s := boxes(t)
	var page struct{ Next string }
	if err := json.Unmarshal(s.do(t, "GET", "/api/v1/boxes/red/items", "").Body.Bytes(), &page); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"/boxes/red/items": 200, "/boxes/blue/items": 400, "/mine/items": 400} {
		if w := s.do(t, "GET", "/api/v1"+path+"?after="+page.Next, ""); w.Code != want {
			t.Errorf("%s answers %d %s, want %d", path, w.Code, w.Body, want)
		}
	}
}

func TestRoutesWithoutTheirGuardAreNoTable(t *testing.T) {
	t.Parallel()
	box := api.NewLoader(func(context.Context, *struct{}) (Box, error) { return Box{}, nil })
	other := api.NewLoader(func(context.Context, *struct{}) (NoteOut, error) { return NoteOut{}, nil })
	plain := api.NewGuard(guard[struct{}])
	for what, mount := range map[string]func(*api.Group){
		"no guard":                     func(g *api.Group) { items(g) },
		"a guard that loads nothing":   func(g *api.Group) { items(g.Group("", "", plain)) },
		"a guard that loads another":   func(g *api.Group) { items(g.Group("", "", other)) },
		"two guards that load a box":   func(g *api.Group) { items(g.Group("", "", box).Group("", "", plain, box)) },
		"a guard that asks for a box":  func(*api.Group) { api.NewGuard(guard[InBox]) },
		"a field that is not exported": func(g *api.Group) { api.Get(g, "", "x", "", get[hiddenBox], api.Public()) },
		"a field from somewhere else":  func(g *api.Group) { api.Get(g, "", "x", "", get[strayBox], api.Public()) },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			defer func() {
				if recover() == nil {
					t.Error("it was registered")
				}
			}()
			mount(api.New(options(new(logs))).Group("/x", "", other).Group("/y", ""))
		})
	}
}

type hiddenBox struct {
	box Box `from:"guard"` //nolint:unused // is what is tested
}

type strayBox struct {
	Box Box `from:"cookie"`
}
