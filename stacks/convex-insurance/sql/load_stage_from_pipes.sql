BEGIN
  INSERT INTO ${transactions} (HASH_LINK_TRANSACTION_ID, CUSTOMER_ID, DATE_OF_PURCHASE, PRODUCT_ID, PRICE)
  SELECT MD5(n.TRANS_JSON:customer_id::VARCHAR || '|' || line.VALUE:product_id::VARCHAR),
         n.TRANS_JSON:customer_id::VARCHAR(255),
         n.TRANS_JSON:date_of_purchase::TIMESTAMP_NTZ,
         line.VALUE:product_id::VARCHAR(255),
         line.VALUE:price::NUMBER(38,2)
    FROM ${new_documents} n, LATERAL FLATTEN(INPUT => n.TRANS_JSON:basket) line;

  RETURN 'flattened';
END
