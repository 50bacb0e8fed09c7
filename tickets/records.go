package tickets

import (
	"context"

	"servicedesk/customers"
)

// Records keeps what is edited about customers, contacts and staff, with every change old → new.
type Records interface {
	// LockCustomer and LockContact keep others from changing a record until the transaction ends.
	LockCustomer(ctx context.Context, id int64) (customers.Customer, error)
	LockContact(ctx context.Context, id int64) (customers.Contact, error)
	SaveCustomer(ctx context.Context, c customers.Customer) error
	// ContactsOf are a customer's contacts, those who left among them, the oldest first.
	ContactsOf(ctx context.Context, customerID int64) ([]customers.Contact, error)
	// RemoveContact is for one that nothing refers to.
	RemoveContact(ctx context.Context, id int64) error
	// SetPosts says who holds a role for a customer (0 = nobody) and who stands in for him, in order.
	SetPosts(ctx context.Context, customerID int64, role customers.Role, holder int64, standIns []int64) error
	// Posts are all who hold a role for a customer, those who left the company among them.
	Posts(ctx context.Context) ([]customers.Post, error)
	SetSkills(ctx context.Context, staffID int64, skills map[string]int) error
	// Modules are the product modules, in the order of the directory.
	Modules(ctx context.Context) ([]string, error)
	AddChange(ctx context.Context, c customers.Change) error
	// Changes are a customer's history, oldest first; LastChange is the ID of the last, 0 without any.
	Changes(ctx context.Context, customerID int64) ([]customers.Change, error)
	LastChange(ctx context.Context, customerID int64) (int64, error)
}
