package pgcatalog

import (
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// explodedACL are aclexplode's rows of an array of aclitem in its binary form: one for each privilege of each item.
func (s *State) explodedACL(wire []byte) ([]batch.Column, error) {
	bs := builders(types.Oid, types.Oid, types.Text, types.Bool)
	items, err := types.OpenArray(wire)
	if err != nil {
		return nil, err
	}
	for {
		item, null, ok := items.Next()
		switch {
		case !ok:
			return finish(bs), nil
		case null:
			return nil, sqlerr.New(sqlerr.NullValueNotAllowed, "ACL arrays must not contain null values")
		}
		grantee, rest := cutACLName(string(item))
		letters, grantor, _ := strings.Cut(strings.TrimPrefix(rest, "="), "/")
		grantor, _ = cutACLName(grantor)
		to := uint32(0) // everybody
		if grantee != "" {
			to = s.roleID(grantee)
		}
		for i, l := range letters {
			if l == '*' {
				continue
			}
			putInt(bs[0], int64(s.roleID(grantor)))
			putInt(bs[1], int64(to))
			bs[2].String(privilegeWords[l])
			bs[3].Bool(strings.HasPrefix(letters[i+1:], "*"))
		}
	}
}

// cutACLName takes the name that an aclitem's text, or its end, begins with.
func cutACLName(text string) (name, rest string) {
	if !strings.HasPrefix(text, `"`) {
		if i := strings.IndexAny(text, "=/"); i >= 0 {
			return text[:i], text[i:]
		}
		return text, ""
	}
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] != '"':
		case strings.HasPrefix(text[i+1:], `"`):
			i++
		default:
			return strings.ReplaceAll(text[1:i], `""`, `"`), text[i+1:]
		}
	}
	return text[1:], ""
}
