-- Whether any answer was checked against a contract; one row.
SELECT EXISTS (FROM contract_checks WHERE contract = $contract)
