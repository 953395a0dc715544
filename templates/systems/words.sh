{% macro words(list) -%}
{% for word in list %}{% if list.len() > 3 %} \
    {{ word }}{% else %} {{ word }}{% endif %}{% endfor -%}
{% endmacro -%}
