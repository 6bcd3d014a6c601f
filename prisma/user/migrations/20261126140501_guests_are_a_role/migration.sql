-- Who buys without an account. In a file of its own: a new value is of no use before the transaction that adds it has ended.
ALTER TYPE role ADD VALUE IF NOT EXISTS 'GUEST' BEFORE 'CUSTOMER';
