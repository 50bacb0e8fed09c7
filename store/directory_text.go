package store

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// textOf is a column's value as history keeps it: empty for nothing, members of lists joined by 、, of tables as name=value.
func textOf(v reflect.Value) string {
	if v.IsZero() && v.Kind() != reflect.Bool {
		return ""
	}
	switch v.Kind() {
	case reflect.Slice:
		parts := make([]string, v.Len())
		for i := range parts {
			parts[i] = textOf(v.Index(i))
		}
		return strings.Join(parts, "、")
	case reflect.Map:
		var parts []string
		for _, key := range v.MapKeys() {
			parts = append(parts, textOf(key)+"="+textOf(v.MapIndex(key)))
		}
		slices.Sort(parts)
		return strings.Join(parts, "、")
	case reflect.Struct:
		if t, ok := v.Interface().(time.Time); ok {
			return t.UTC().Format(time.RFC3339Nano)
		}
	}
	return fmt.Sprint(v.Interface())
}

// setText puts back what textOf wrote.
func setText(v reflect.Value, text string) error {
	if text == "" {
		v.SetZero()
		return nil
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		v.SetBool(b)
		return err
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(text, 10, 64)
		v.SetInt(n)
		return err
	case reflect.Slice:
		v.SetZero()
		for _, part := range strings.Split(text, "、") {
			member := reflect.New(v.Type().Elem()).Elem()
			if err := setText(member, part); err != nil {
				return err
			}
			v.Set(reflect.Append(v, member))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for _, part := range strings.Split(text, "、") {
			cut := strings.LastIndex(part, "=")
			if cut < 0 {
				return fmt.Errorf("%q is no name=value", part)
			}
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			if err := setText(key, part[:cut]); err != nil {
				return err
			}
			if err := setText(value, part[cut+1:]); err != nil {
				return err
			}
			v.SetMapIndex(key, value)
		}
	case reflect.Struct:
		t, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return err
		}
		v.Set(reflect.ValueOf(t))
	default:
		return fmt.Errorf("a column of kind %s cannot be read", v.Kind())
	}
	return nil
}

// field is a column of a row.
func (m *mapping[T]) field(row *T, name string) (reflect.Value, bool) {
	for _, c := range m.columns {
		if c.name == name {
			return reflect.ValueOf(row).Elem().FieldByIndex(c.index), true
		}
	}
	return reflect.Value{}, false
}

// keepSilent gives a row what the old one had wherever the new one says nothing; a bool always says something.
func (m *mapping[T]) keepSilent(old, row *T) {
	was, is := reflect.ValueOf(old).Elem(), reflect.ValueOf(row).Elem()
	for _, c := range m.columns {
		f := is.FieldByIndex(c.index)
		silent := f.IsZero() || (f.Kind() == reflect.Slice || f.Kind() == reflect.Map) && f.Len() == 0
		if silent && f.Kind() != reflect.Bool {
			f.Set(was.FieldByIndex(c.index))
		}
	}
}
