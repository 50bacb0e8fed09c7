package customers

import (
	"bytes"
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// mostUnzipped bounds what a workbook may unpack to, in bytes.
const mostUnzipped = 128 << 20

// IsWorkbook reports whether a file is an Excel workbook (.xlsx) by its first bytes.
func IsWorkbook(data []byte) bool { return bytes.HasPrefix(data, []byte("PK\x03\x04")) }

// ParseWorkbook reads a directory from an Excel workbook: one sheet per noun, the first row names the columns, in Chinese or as in the YAML file.
// It has the same problems as ParseDirectory, with sheet and row.
func ParseWorkbook(data []byte) (Directory, []Problem) {
	book, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipSizeLimit: mostUnzipped, RawCellValue: true})
	if err != nil {
		return Directory{}, []Problem{{Key: "import.workbook", Args: map[string]any{"Detail": firstLine(err.Error())}}}
	}
	defer book.Close() //nolint:errcheck // it was only read
	w := &workbook{sheets: map[string]string{}, rows: map[string]int{}}
	for _, name := range book.GetSheetList() {
		cells, err := book.GetRows(name)
		if err != nil {
			w.problems = append(w.problems, Problem{Sheet: name, Key: "import.workbook", Args: map[string]any{"Detail": firstLine(err.Error())}})
			continue
		}
		w.sheet(name, cells)
	}
	w.join()
	dir, problems := check(w.file, w.locate)
	problems = append(w.problems, problems...)
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.Sheet, b.Sheet), cmp.Compare(a.Line, b.Line))
	})
	return dir, problems
}

// workbook gathers what sheets state, and where.
type workbook struct {
	file     fileDirectory
	contacts []sheetContact
	sheets   map[string]string // noun → sheet
	rows     map[string]int    // path of a record → row
	problems []Problem
}

// sheetContact is a contact with the customer whose code or name his row gives.
type sheetContact struct {
	fileContact
	customer string
	row      int
}

// sheetNames are what sheets may be called.
var sheetNames = map[string]string{"人员": "staff", "staff": "staff", "客户": "customers", "customers": "customers",
	"联系人": "contacts", "contacts": "contacts", "模块": "modules", "modules": "modules"}

func (w *workbook) sheet(name string, cells [][]string) {
	noun, ok := sheetNames[strings.ToLower(strings.TrimSpace(name))]
	if !ok {
		if len(cells) > 0 { // an empty sheet is what a new workbook comes with
			w.fail(name, 0, "", "import.sheet", map[string]any{"Value": name, "Allowed": "人员, 客户, 联系人, 模块"})
		}
		return
	}
	w.sheets[noun] = name
	switch noun {
	case "staff":
		readRows(w, name, cells, staffColumns, func(row int, s fileStaff) {
			w.rows[fmt.Sprintf("staff[%d]", len(w.file.Staff))] = row
			w.file.Staff = append(w.file.Staff, s)
		})
	case "customers":
		readRows(w, name, cells, customerColumns(), func(row int, c fileCustomer) {
			w.rows[fmt.Sprintf("customers[%d]", len(w.file.Customers))] = row
			w.file.Customers = append(w.file.Customers, c)
		})
	case "contacts":
		readRows(w, name, cells, contactColumns, func(row int, c sheetContact) {
			c.row = row
			w.contacts = append(w.contacts, c)
		})
	case "modules":
		readRows(w, name, cells, []sheetColumn[string]{{[]string{"name", "模块", "名称"}, text(func(s *string) *string { return s })}},
			func(_ int, module string) { w.file.Modules = append(w.file.Modules, module) })
	}
}

// join gives the contacts to their customers.
func (w *workbook) join() {
	for _, c := range w.contacts {
		at := slices.IndexFunc(w.file.Customers, func(x fileCustomer) bool { return x.Code == c.customer || x.Name == c.customer })
		if at < 0 {
			w.fail(w.sheets["contacts"], c.row, "customer", "import.customer", map[string]any{"Value": c.customer})
			continue
		}
		customer := &w.file.Customers[at]
		w.rows[fmt.Sprintf("customers[%d].contacts[%d]", at, len(customer.Contacts))] = c.row
		customer.Contacts = append(customer.Contacts, c.fileContact)
	}
}

func (w *workbook) fail(sheet string, row int, field, key string, args map[string]any) {
	w.problems = append(w.problems, Problem{Sheet: sheet, Line: row, Field: field, Key: key, Args: args})
}

// locate finds the row of the record on whose field a problem is.
func (w *workbook) locate(path string) (sheet string, row int) {
	for at := path; at != ""; at = parentPath(at) {
		if row, ok := w.rows[at]; ok {
			noun, _, _ := strings.Cut(at, "[")
			if strings.Contains(at, ".contacts[") {
				noun = "contacts"
			}
			return w.sheets[noun], row
		}
	}
	return "", 0
}

// sheetColumn is a column by its names and what its cells do to a record; set answers the key of what is wrong.
type sheetColumn[T any] struct {
	names []string
	set   func(row *T, cell string) (key string)
}

// readRows reads the records of a sheet; rows without anything are passed over.
func readRows[T any](w *workbook, sheet string, cells [][]string, columns []sheetColumn[T], add func(row int, record T)) {
	if len(cells) == 0 {
		return
	}
	heads := make([]*sheetColumn[T], len(cells[0]))
	for i, head := range cells[0] {
		head = strings.ToLower(strings.TrimSpace(head))
		at := slices.IndexFunc(columns, func(c sheetColumn[T]) bool { return slices.Contains(c.names, head) })
		switch {
		case at >= 0:
			heads[i] = &columns[at]
		case head != "":
			var allowed []string
			for _, c := range columns {
				allowed = append(allowed, c.names[0])
			}
			w.fail(sheet, 1, head, "import.column", map[string]any{"Value": head, "Allowed": strings.Join(allowed, ", ")})
		}
	}
	for n, row := range cells[1:] {
		var record T
		filled := false
		for i, cell := range row {
			if cell = strings.TrimSpace(cell); cell == "" || i >= len(heads) || heads[i] == nil {
				continue
			}
			filled = true
			if key := heads[i].set(&record, cell); key != "" {
				w.fail(sheet, n+2, heads[i].names[0], key, map[string]any{"Value": cell, "Field": heads[i].names[0], "Module": cell})
			}
		}
		if filled {
			add(n+2, record)
		}
	}
}

func text[T any](at func(*T) *string) func(*T, string) string {
	return func(row *T, cell string) string { *at(row) = cell; return "" }
}

func listOf[T any](at func(*T) *[]string) func(*T, string) string {
	return func(row *T, cell string) string {
		for _, m := range Members(cell) {
			*at(row) = append(*at(row), strings.TrimSpace(m))
		}
		return ""
	}
}

func number[T any](at func(*T) *int) func(*T, string) string {
	return func(row *T, cell string) string {
		n, err := strconv.Atoi(cell)
		if err != nil {
			return "import.number"
		}
		*at(row) = n
		return ""
	}
}

func flag[T any](at func(*T) **bool) func(*T, string) string {
	return func(row *T, cell string) string {
		yes, known := yesNo[strings.ToLower(cell)]
		if cell == "1" || cell == "0" { // how a workbook keeps TRUE and FALSE
			yes, known = cell == "1", true
		}
		if !known {
			return "import.bool"
		}
		*at(row) = &yes
		return ""
	}
}

// day takes a date as text or as the number under which a workbook keeps it.
func day[T any](at func(*T) *string) func(*T, string) string {
	return func(row *T, cell string) string {
		if n, err := strconv.ParseFloat(cell, 64); err == nil && n > 1000 && n < 100000 {
			if t, err := excelize.ExcelDateToTime(n, false); err == nil {
				cell = t.Format(time.DateOnly)
			}
		}
		*at(row) = cell
		return ""
	}
}

// roleNames are the roles as people write them in a sheet.
var roleNames = map[string]Role{"工程师": RoleEngineer, "二线": RoleSecondLevel, "二线工程师": RoleSecondLevel, "服务负责人": RoleOwner, "负责人": RoleOwner,
	"客户经理": RoleAccountManager, "联络专员": RoleLiaison, "联络": RoleLiaison, "产品经理": RoleProductManager, "分管领导": RoleLeader, "领导": RoleLeader,
	"紧急响应": RoleResponder, "紧急响应专员": RoleResponder, "管理员": RoleAdmin}

var skillForm = regexp.MustCompile(`^(.+?)\s*[=＝:：]\s*(\d)$`)

var staffColumns = []sheetColumn[fileStaff]{
	{[]string{"name", "姓名"}, text(func(s *fileStaff) *string { return &s.Name })},
	{[]string{"mobile", "手机"}, text(func(s *fileStaff) *string { return &s.Mobile })},
	{[]string{"open_id", "飞书"}, text(func(s *fileStaff) *string { return &s.OpenID })},
	{[]string{"locale", "语言"}, text(func(s *fileStaff) *string { return &s.Locale })},
	{[]string{"roles", "角色"}, func(s *fileStaff, cell string) string {
		for _, name := range Members(cell) {
			name = strings.TrimSpace(name)
			if role, ok := roleNames[name]; ok {
				name = string(role)
			}
			s.Roles = append(s.Roles, name)
		}
		return ""
	}},
	{[]string{"skills", "技能"}, func(s *fileStaff, cell string) string {
		for _, part := range Members(cell) {
			m := skillForm.FindStringSubmatch(strings.TrimSpace(part))
			if m == nil {
				return "import.skill"
			}
			if s.Skills == nil {
				s.Skills = map[string]int{}
			}
			s.Skills[m[1]], _ = strconv.Atoi(m[2]) // a digit
		}
		return ""
	}},
	{[]string{"teams", "团队"}, listOf(func(s *fileStaff) *[]string { return &s.Teams })},
	{[]string{"location", "地点"}, text(func(s *fileStaff) *string { return &s.Location })},
	{[]string{"load_limit", "工单上限"}, number(func(s *fileStaff) *int { return &s.LoadLimit })},
	{[]string{"active", "在职"}, flag(func(s *fileStaff) **bool { return &s.Active })},
}

var contactColumns = []sheetColumn[sheetContact]{
	{[]string{"customer", "客户"}, text(func(c *sheetContact) *string { return &c.customer })},
	{[]string{"name", "姓名"}, text(func(c *sheetContact) *string { return &c.Name })},
	{[]string{"kind", "类型"}, func(c *sheetContact, cell string) string {
		if kind, ok := kindForm(cell); ok {
			cell = kind
		}
		c.Kind = cell
		return ""
	}},
	{[]string{"wecom_id", "企业微信"}, text(func(c *sheetContact) *string { return &c.WeComID })},
	{[]string{"mobile", "手机"}, text(func(c *sheetContact) *string { return &c.Mobile })},
	{[]string{"email", "邮箱"}, text(func(c *sheetContact) *string { return &c.Email })},
	{[]string{"birthday", "生日"}, day(func(c *sheetContact) *string { return &c.Birthday })},
	{[]string{"anniversary", "纪念日"}, day(func(c *sheetContact) *string { return &c.Anniversary })},
	{[]string{"locale", "语言"}, text(func(c *sheetContact) *string { return &c.Locale })},
	{[]string{"preferences", "偏好"}, text(func(c *sheetContact) *string { return &c.Preferences })},
	{[]string{"left_on", "离职日"}, day(func(c *sheetContact) *string { return &c.LeftOn })},
}

// customerColumns are those of the customers, with two for each role: who has it, and who stands in for him.
func customerColumns() []sheetColumn[fileCustomer] {
	type of = fileCustomer
	columns := []sheetColumn[of]{
		{[]string{"code", "代码"}, text(func(c *of) *string { return &c.Code })},
		{[]string{"name", "名称", "客户"}, text(func(c *of) *string { return &c.Name })},
		{[]string{"tier", "分层"}, text(func(c *of) *string { return &c.Tier })},
		{[]string{"all_hours", "7×24", "7x24"}, flag(func(c *of) **bool { return &c.AllHours })},
		{[]string{"locale", "语言"}, text(func(c *of) *string { return &c.Locale })},
		{[]string{"timezone", "时区"}, text(func(c *of) *string { return &c.Timezone })},
		{[]string{"group", "飞书群"}, text(func(c *of) *string { return &c.Group })},
		{[]string{"about", "简介"}, text(func(c *of) *string { return &c.Profile.About })},
		{[]string{"industry", "行业"}, text(func(c *of) *string { return &c.Profile.Industry })},
		{[]string{"business", "业务"}, text(func(c *of) *string { return &c.Profile.Business })},
		{[]string{"architecture", "架构"}, text(func(c *of) *string { return &c.Profile.Architecture })},
		{[]string{"projects", "项目"}, text(func(c *of) *string { return &c.Profile.Projects })},
		{[]string{"preferences", "偏好"}, text(func(c *of) *string { return &c.Profile.Preferences })},
		{[]string{"sites", "地点"}, listOf(func(c *of) *[]string { return &c.Profile.Sites })},
		{[]string{"modules", "模块"}, listOf(func(c *of) *[]string { return &c.Profile.Modules })},
		{[]string{"notes", "备注"}, text(func(c *of) *string { return &c.Profile.Notes })},
		{[]string{"contract_start", "合同起"}, day(func(c *of) *string { return &c.Contract.Start })},
		{[]string{"contract_end", "合同止"}, day(func(c *of) *string { return &c.Contract.End })},
		{[]string{"contract_service", "合同服务"}, text(func(c *of) *string { return &c.Contract.Service })},
		{[]string{"contract_hours", "合同时数"}, number(func(c *of) *int { return &c.Contract.Hours })},
	}
	for i, title := range []string{"服务负责人", "客户经理", "联络专员", "产品经理", "分管领导"} {
		role := string(TeamRoles[i])
		columns = append(columns,
			sheetColumn[of]{[]string{role, title}, func(c *of, cell string) string {
				if c.Team == nil {
					c.Team = map[string]string{}
				}
				c.Team[role] = cell
				return ""
			}},
			sheetColumn[of]{[]string{role + "_stand_in", title + "代理"}, func(c *of, cell string) string {
				if c.StandIns == nil {
					c.StandIns = map[string][]string{}
				}
				c.StandIns[role] = Members(cell)
				return ""
			}})
	}
	return columns
}
