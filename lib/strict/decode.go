package strict

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// decoder walks a document once, along the type that it fills, and goes on after a member that is wrong.
type decoder struct {
	jsontext.Decoder
	body     bytes.Buffer
	problems Problems
}

var decoders = sync.Pool{New: func() any { return new(decoder) }}

func newDecoder(body []byte) *decoder {
	d := decoders.Get().(*decoder)
	d.body = *bytes.NewBuffer(body)
	d.Reset(&d.body)
	return d
}

func (d *decoder) release() {
	d.body, d.problems = bytes.Buffer{}, nil
	decoders.Put(d)
}

func (d *decoder) document(into any) error {
	v := reflect.ValueOf(into).Elem()
	if err := d.value(v, shapeOf(v.Type()), field{}); err != nil {
		return d.broken(err)
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return &SyntaxError{Code: "trailing", Detail: "must be a single JSON document with nothing after it"}
	}
	return d.problems.Err()
}

// broken tells why the walk ended. The JSON package gives up far below the depth that is refused anyway.
func (d *decoder) broken(err error) error {
	s := syntaxError(err)
	if strings.Count(s.Pointer, "/") < unreadDepth {
		s.Pointer = shortened(s.Pointer)
		return s
	}
	return d.problems.Merge(Problems{{shortened(s.Pointer), "depth", tooDeep}})
}

// value fills v with the next value. Its errors are fatal; what is wrong with the value alone becomes a problem.
func (d *decoder) value(v reflect.Value, s shape, f field) error {
	kind := d.PeekKind()
	if kind == 'n' && !f.nullable && !s.takesNull() {
		return d.skip("type", MustBe(v.Type()))
	}

	switch s {
	case pointer:
		return d.pointer(v, kind, f)
	case object, dictionary:
		return d.composite(v, kind, '{', f)
	case list:
		return d.composite(v, kind, '[', f)
	default:
		return d.leaf(v, f)
	}
}

func (d *decoder) pointer(v reflect.Value, kind jsontext.Kind, f field) error {
	if kind == 'n' {
		v.SetZero()
		_, err := d.ReadToken()
		return err
	}
	v.Set(reflect.New(v.Type().Elem()))
	f.nullable = false
	return d.value(v.Elem(), shapeOf(v.Type().Elem()), f)
}

func (d *decoder) composite(v reflect.Value, kind, want jsontext.Kind, f field) error {
	switch {
	case kind == jsontext.KindInvalid:
		return d.SkipValue()
	case kind != want:
		return d.skip("type", MustBe(v.Type()))
	case d.StackDepth() >= maxDepth:
		return d.skip("depth", tooDeep)
	}

	if _, err := d.ReadToken(); err != nil {
		return err
	}
	switch v.Kind() {
	case reflect.Struct:
		return d.object(v)
	case reflect.Map:
		return d.dictionary(v, f)
	default:
		return d.list(v, f)
	}
}

func (d *decoder) object(v reflect.Value) error {
	o := objectOf(v.Type())
	known, missing := 0, slices.Clone(o.given)
	for d.PeekKind() == '"' {
		token, err := d.ReadToken()
		if err != nil {
			return err
		}

		name := token.String()
		f, ok := o.fields[name]
		if !ok {
			err = d.skip("unknown", "is not known here")
		} else {
			known++
			missing = slices.DeleteFunc(missing, func(given string) bool { return given == name })
			err = d.value(v.FieldByIndex(f.index), f.shape, f)
		}
		if err != nil {
			return err
		}
	}

	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for _, name := range missing {
		d.addAt(string(d.StackPointer())+Pointer(name), "required", "must be given")
	}
	if known < o.least {
		d.add("min_properties", "must have at least "+counted(strconv.Itoa(o.least), "member"))
	}
	return nil
}

func (d *decoder) dictionary(v reflect.Value, f field) error {
	t := v.Type()
	elem := shapeOf(t.Elem())
	f.nullable = false
	v.Set(reflect.MakeMap(t))
	for d.PeekKind() == '"' {
		token, err := d.ReadToken()
		if err != nil {
			return err
		}

		name, next := token.String(), reflect.New(t.Elem()).Elem()
		if strings.IndexByte(name, 0) >= 0 {
			err = d.skip("nul", noNul)
		} else {
			err = d.value(next, elem, f)
			v.SetMapIndex(reflect.ValueOf(name).Convert(t.Key()), next)
		}
		if err != nil {
			return err
		}
	}
	_, err := d.ReadToken()
	return err
}

func (d *decoder) list(v reflect.Value, f field) error {
	elem := shapeOf(v.Type().Elem())
	f.nullable = false
	items := reflect.MakeSlice(reflect.SliceOf(v.Type().Elem()), 0, 0)
	for d.PeekKind() != ']' {
		items = reflect.Append(items, reflect.Zero(v.Type().Elem()))
		if err := d.value(items.Index(items.Len()-1), elem, f); err != nil {
			return err
		}
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}

	if v.Kind() == reflect.Slice {
		v.Set(items.Convert(v.Type()))
		return nil
	}
	if reflect.Copy(v, items) != v.Len() || items.Len() != v.Len() {
		d.add("len", "must have exactly "+counted(strconv.Itoa(v.Len()), "entry"))
	}
	return nil
}

func (d *decoder) leaf(v reflect.Value, f field) error {
	raw, err := d.ReadValue()
	if err != nil {
		return err
	}
	if code, detail := inspect(raw, d.StackDepth()); code != "" {
		d.add(code, detail)
		return nil
	}
	if err := json.Unmarshal(raw, v.Addr().Interface(), json.RejectUnknownMembers(true)); err != nil {
		d.add(codeOf(err), detailOf(err, v.Type()))
		return nil
	}
	if f.trim && v.Kind() == reflect.String {
		v.SetString(strings.TrimSpace(v.String()))
	}
	return nil
}

func codeOf(err error) string {
	switch {
	case errors.Is(err, strconv.ErrRange):
		return "range"
	case errors.Is(err, errLarge):
		return "max"
	default:
		return "type"
	}
}

func detailOf(err error, t reflect.Type) string {
	if errors.Is(err, errLarge) {
		return errLarge.Error()
	}
	return MustBe(t)
}

func (d *decoder) skip(code, detail string) error {
	if err := d.SkipValue(); err != nil {
		return err
	}
	d.add(code, detail)
	return nil
}

// add notes a problem of the value that was read last. Past the hundredth the walk goes on for the syntax alone.
func (d *decoder) add(code, detail string) { d.addAt(string(d.StackPointer()), code, detail) }

func (d *decoder) addAt(pointer, code, detail string) {
	if len(d.problems) < maxProblems {
		d.problems = append(d.problems, Problem{shortened(pointer), code, detail})
	}
}
