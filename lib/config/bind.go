package config

import (
	"errors"
	"reflect"
	"slices"
	"strings"
)

// binder puts the layers into the struct, name by name.
type binder struct {
	layers   *layers
	rules    rules
	bound    []bound
	mistakes Mistakes
}

// bound is one name with what it holds.
type bound struct {
	field
	text   string
	origin string
}

func (b *binder) bind(f field) {
	if f.value.Kind() != reflect.Map {
		b.bindOne(f)
		return
	}

	names := b.layers.entries(f)
	if len(names) == 0 {
		b.bound = append(b.bound, bound{field: f, origin: Default})
	}
	f.value.Set(reflect.MakeMap(f.value.Type()))
	for _, name := range names {
		key, _ := f.key(name)
		e := f.entry(name)
		b.bindOne(e)
		f.value.SetMapIndex(reflect.ValueOf(key), e.value)
	}
}

func (b *binder) bindOne(f field) {
	text, origin, err := b.layers.value(f)
	b.bound = append(b.bound, bound{f, text, origin})
	if origin == Default && !f.fixed {
		return // SetDefaults may have one
	}

	if err == nil {
		err = b.set(f, text, origin)
	}
	if m, ok := errors.AsType[Mistake](err); ok {
		b.mistakes = append(b.mistakes, m)
		_ = parse(f.value, f.fallback) // so that a rule over several settings does not complain as well
	}
}

func (b *binder) set(f field, text, origin string) error {
	err := parse(f.value, text)
	if err == nil && b.rules.hold(f) {
		return nil
	}
	return Mistake{Name: f.name, Value: f.mask(text), Origin: origin, Rule: f.wanted(err)}
}

// complete asks the struct for defaults that no tag can say, and judges what is still not set.
func (b *binder) complete(into any) {
	if d, ok := into.(Defaulter); ok {
		d.SetDefaults()
	}

	for i := range b.bound {
		f := &b.bound[i]
		if f.fixed || f.origin != Default || f.value.Kind() == reflect.Map {
			continue
		}
		if !f.value.IsZero() {
			f.text = show(f.value)
		}
		if (f.text != "" || strings.HasPrefix(f.rules, "required")) && !b.rules.hold(f.field) {
			m := Mistake{Name: f.name, Value: f.mask(f.text), Origin: Default, Rule: f.wanted(nil)}
			b.mistakes = append(b.mistakes, m)
		}
	}
}

// check adds the mistakes that the struct itself finds, in the settings that have none yet.
func (b *binder) check(into any) {
	c, ok := into.(Checker)
	if !ok {
		return
	}
	for _, m := range c.Check() {
		if slices.ContainsFunc(b.mistakes, func(has Mistake) bool { return has.Name == m.Name }) {
			continue
		}
		if i := slices.IndexFunc(b.bound, func(f bound) bool { return f.name == m.Name }); i >= 0 {
			m.Value, m.Origin = b.bound[i].mask(b.bound[i].text), b.bound[i].origin
		}
		b.mistakes = append(b.mistakes, m)
	}
}

func (b *binder) shown() []Setting {
	all := make([]Setting, 0, len(b.bound))
	for _, f := range b.bound {
		all = append(all, Setting{Name: f.name, Value: f.mask(f.text), Origin: f.origin, Help: f.help})
	}
	return all
}
