// How does PHP inside a WHMCS reach its database? The part of `WHMCS\Database\Capsule` that ours use, over PDO, as PHP text.

/** Defines `WHMCS\Database\Capsule` on the database of `$input['database']` (dsn, user, password). */
export const capsuleStandIn = `<?php
namespace WHMCS\\Database;

class Collection implements \\IteratorAggregate, \\Countable, \\ArrayAccess
{
    private $items;

    public function __construct(array $items)
    {
        $this->items = $items;
    }

    public function getIterator(): \\Iterator
    {
        return new \\ArrayIterator($this->items);
    }

    public function count(): int
    {
        return count($this->items);
    }

    public function offsetExists($offset): bool
    {
        return isset($this->items[$offset]);
    }

    #[\\ReturnTypeWillChange]
    public function offsetGet($offset)
    {
        return $this->items[$offset];
    }

    public function offsetSet($offset, $value): void
    {
        $this->items[$offset] = $value;
    }

    public function offsetUnset($offset): void
    {
        unset($this->items[$offset]);
    }

    public function all()
    {
        return $this->items;
    }
}

class Connection
{
    public function getPdo()
    {
        return Capsule::pdo();
    }

    public function transaction(callable $work)
    {
        Capsule::pdo()->beginTransaction();
        try {
            $result = $work($this);
            Capsule::pdo()->commit();
            return $result;
        } catch (\\Throwable $problem) {
            Capsule::pdo()->rollBack();
            throw $problem;
        }
    }
}

class Schema
{
    public function hasTable($table)
    {
        return $this->getColumnListing($table) !== [];
    }

    public function hasColumn($table, $column)
    {
        return in_array(strtolower($column), array_map('strtolower', $this->getColumnListing($table)), true);
    }

    public function getColumnListing($table)
    {
        $sql = 'SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ?';
        $statement = Capsule::pdo()->prepare($sql . ' ORDER BY ordinal_position');
        $statement->execute([$table]);
        return $statement->fetchAll(\\PDO::FETCH_COLUMN);
    }
}

class Query
{
    private $table;
    private $columns = ['*'];
    private $joins = '';
    private $conditions = [];
    private $values = [];
    private $order = [];
    private $limit = '';
    private $lock = '';

    public function __construct($table)
    {
        $this->table = $table;
    }

    public function select($columns)
    {
        $this->columns = is_array($columns) ? $columns : func_get_args();
        return $this;
    }

    public function join($table, $left, $operator, $right, $kind = 'INNER')
    {
        $this->joins .= " $kind JOIN " . self::quote($table) . ' ON ' . self::quote($left) . " $operator " . self::quote($right);
        return $this;
    }

    public function leftJoin($table, $left, $operator, $right)
    {
        return $this->join($table, $left, $operator, $right, 'LEFT');
    }

    public function where($column, $operator = null, $value = null)
    {
        if (is_array($column)) {
            foreach ($column as $name => $wanted) {
                $this->where($name, '=', $wanted);
            }
            return $this;
        }
        if (func_num_args() === 2) {
            $value = $operator;
            $operator = '=';
        }
        $this->conditions[] = self::quote($column) . " $operator ?";
        $this->values[] = $value;
        return $this;
    }

    public function whereIn($column, $values)
    {
        $list = array_values(is_array($values) ? $values : iterator_to_array($values));
        $this->conditions[] = $list === [] ? '0 = 1' : self::quote($column) . ' IN (' . implode(', ', array_fill(0, count($list), '?')) . ')';
        $this->values = array_merge($this->values, $list);
        return $this;
    }

    public function orderBy($column, $direction = 'asc')
    {
        $this->order[] = self::quote($column) . (strtolower($direction) === 'desc' ? ' DESC' : '');
        return $this;
    }

    public function limit($count)
    {
        $this->limit = ' LIMIT ' . (int) $count;
        return $this;
    }

    public function lockForUpdate()
    {
        $this->lock = ' FOR UPDATE';
        return $this;
    }

    public function get($columns = null)
    {
        if ($columns !== null) {
            $this->select($columns);
        }
        $rows = $this->run($this->selection())->fetchAll(\\PDO::FETCH_OBJ);
        return \\whmcs_lacks('collections') ? $rows : new Collection($rows);
    }

    public function first($columns = null)
    {
        foreach ($this->limit(1)->get($columns) as $row) {
            return $row;
        }
        return null;
    }

    public function value($column)
    {
        $row = $this->first([$column]);
        return $row === null ? null : current((array) $row);
    }

    public function pluck($column)
    {
        $values = array_map('current', array_map('get_object_vars', is_array($rows = $this->get([$column])) ? $rows : $rows->all()));
        return \\whmcs_lacks('collections') ? $values : new Collection($values);
    }

    public function exists()
    {
        return $this->first() !== null;
    }

    public function count()
    {
        return (int) $this->run('SELECT COUNT(*) FROM ' . self::quote($this->table) . $this->joins . $this->condition())->fetchColumn();
    }

    public function insert(array $row)
    {
        $rows = is_array(current($row)) ? $row : [$row];
        foreach ($rows as $values) {
            $names = implode(', ', array_map([self::class, 'quote'], array_keys($values)));
            $marks = implode(', ', array_fill(0, count($values), '?'));
            $this->values = array_values($values);
            $this->run('INSERT INTO ' . self::quote($this->table) . " ($names) VALUES ($marks)");
        }
        return true;
    }

    public function insertGetId(array $row)
    {
        $this->insert($row);
        return (int) Capsule::pdo()->lastInsertId();
    }

    public function update(array $row)
    {
        $changes = [];
        foreach (array_keys($row) as $name) {
            $changes[] = self::quote($name) . ' = ?';
        }
        $this->values = array_merge(array_values($row), $this->values);
        return $this->run('UPDATE ' . self::quote($this->table) . ' SET ' . implode(', ', $changes) . $this->condition())->rowCount();
    }

    private function selection()
    {
        $columns = implode(', ', array_map([self::class, 'quote'], $this->columns));
        $order = $this->order === [] ? '' : ' ORDER BY ' . implode(', ', $this->order);
        return "SELECT $columns FROM " . self::quote($this->table) . $this->joins . $this->condition() . $order . $this->limit . $this->lock;
    }

    private function condition()
    {
        return $this->conditions === [] ? '' : ' WHERE ' . implode(' AND ', $this->conditions);
    }

    private function run($sql)
    {
        $statement = Capsule::pdo()->prepare($sql);
        $statement->execute($this->values);
        return $statement;
    }

    private static function quote($name)
    {
        if (preg_match('/^(.+) as (.+)$/i', $name, $parts)) {
            return self::quote($parts[1]) . ' AS ' . self::quote($parts[2]);
        }
        $quoted = array_map(function ($part) {
            return $part === '*' ? '*' : '\`' . str_replace('\`', '\`\`', $part) . '\`';
        }, explode('.', $name));
        return implode('.', $quoted);
    }
}

class Capsule
{
    private static $pdo;

    public static function pdo()
    {
        if (self::$pdo === null) {
            $place = $GLOBALS['input']['database'];
            $options = [\\PDO::ATTR_ERRMODE => \\PDO::ERRMODE_EXCEPTION];
            self::$pdo = new \\PDO($place['dsn'], $place['user'], $place['password'], $options);
            self::$pdo->exec("SET SESSION sql_mode = '', time_zone = '+00:00'");
        }
        return self::$pdo;
    }

    public static function table($table)
    {
        return new Query($table);
    }

    public static function connection()
    {
        return new Connection();
    }

    public static function schema()
    {
        return new Schema();
    }
}
`;
